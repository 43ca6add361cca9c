// Command cri speaks the Kubernetes Container Runtime Interface, for tests: it
// makes one call of the RuntimeService or the ImageService, with the request
// and the answer as JSON.
//
//	cri ADDRESS METHOD [REQUEST]
//	cri ADDRESS stream METHOD [REQUEST]
//
// The second form asks for a stream (Exec, Attach) and connects standard input
// and output to it. It ends with the command's exit code, with 1 for an error
// of the service, and imports no package of rt.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// deadline ends a call that hangs, and a stream.
const deadline = time.Minute

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "cri:", status.Convert(err).Message())
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	if len(args) < 2 {
		return 2, errors.New("want ADDRESS [stream] METHOD [REQUEST]")
	}
	address, args := args[0], args[1:]
	streaming := args[0] == "stream"
	if streaming {
		args = args[1:]
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	request := "{}"
	if len(args) > 1 {
		request = args[1]
	}
	answer, err := call(ctx, address, args[0], request)
	if err != nil {
		return 1, err
	}
	if streaming {
		url := answer.ProtoReflect().Get(answer.ProtoReflect().Descriptor().Fields().ByName("url")).String()
		return stream(ctx, url, os.Stdin, os.Stdout, os.Stderr)
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(answer)
	if err != nil {
		return 1, err
	}
	fmt.Println(string(text))
	return 0, nil
}

// call makes the call that a method's name stands for.
func call(ctx context.Context, address, name, request string) (proto.Message, error) {
	method, err := findMethod(name)
	if err != nil {
		return nil, err
	}
	in := dynamicpb.NewMessage(method.Input())
	if err := protojson.Unmarshal([]byte(request), in); err != nil {
		return nil, fmt.Errorf("request %s: %w", request, err)
	}
	conn, err := grpc.NewClient("unix://"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	out := dynamicpb.NewMessage(method.Output())
	path := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	return out, conn.Invoke(ctx, path, in, out)
}

// findMethod looks a method up in the services of the interface.
func findMethod(name string) (protoreflect.MethodDescriptor, error) {
	for _, service := range []string{
		runtime.RuntimeService_ServiceDesc.ServiceName, runtime.ImageService_ServiceDesc.ServiceName,
	} {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
		if err != nil {
			return nil, err
		}
		if m := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(name)); m != nil {
			return m, nil
		}
	}
	return nil, fmt.Errorf("method %q: not one of the interface", name)
}
