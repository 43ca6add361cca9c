package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/websocket"
)

// protocol is the newest that containerd 1.6 knows as well. It cannot say that
// the input has ended: a command that waits for that never ends.
const protocol = "v4.channel.k8s.io"

// The first byte of each message is its channel.
const (
	channelInput = iota
	channelOutput
	channelError
	channelStatus
)

// stream connects a command's input and output to the server of an Exec or
// Attach, and returns the command's exit code.
func stream(ctx context.Context, url string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	config, err := websocket.NewConfig(strings.Replace(url, "http", "ws", 1), "http://localhost")
	if err != nil {
		return 1, err
	}
	config.Protocol = []string{protocol}
	conn, err := config.DialContext(ctx)
	if err != nil {
		return 1, err
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return 1, err
		}
	}
	go sendInput(conn, stdin) // ends with the process
	for {
		var message []byte
		switch err := websocket.Message.Receive(conn, &message); {
		case errors.Is(err, io.EOF):
			return 0, nil
		case err != nil:
			return 1, err
		case len(message) == 0:
			continue
		}
		switch text := message[1:]; message[0] {
		case channelOutput:
			stdout.Write(text)
		case channelError:
			stderr.Write(text)
		case channelStatus:
			return exitCode(text)
		}
	}
}

func sendInput(conn *websocket.Conn, stdin io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := stdin.Read(buffer[1:])
		if n > 0 {
			buffer[0] = channelInput
			if websocket.Message.Send(conn, buffer[:n+1]) != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// exitCode reads the last message of a stream, a Kubernetes Status.
func exitCode(text []byte) (int, error) {
	var s struct {
		Status  string
		Message string
		Details struct {
			Causes []struct{ Reason, Message string }
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return 1, fmt.Errorf("status %q: %w", text, err)
	}
	if s.Status == "Success" {
		return 0, nil
	}
	for _, cause := range s.Details.Causes {
		if cause.Reason == "ExitCode" {
			return strconv.Atoi(cause.Message)
		}
	}
	return 1, errors.New(s.Message)
}
