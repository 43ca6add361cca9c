package tests

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// defaultConfig is what a fresh bundle holds: an ordinary container that runs
// true, without a terminal.
//
//go:embed config.json
var defaultConfig []byte

// bundle [dir] makes a bundle with a rootfs and the default configuration and
// enters it: config, args and the runtime then mean this one.
func cmdBundle(ts *testscript.TestScript, neg bool, args []string) {
	dir := "bundle"
	if neg || len(args) > 1 {
		ts.Fatalf("usage: bundle [dir]")
	}
	if len(args) == 1 {
		dir = args[0]
	}
	dir = ts.MkAbs(dir)
	ts.Check(copyRootfs(filepath.Join(dir, "rootfs")))
	ts.Setenv("BUNDLE", dir)
	text := strings.ReplaceAll(string(defaultConfig), "$ID", ts.Getenv("ID"))
	ts.Check(os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o644))
	ts.Check(ts.Chdir(dir))
	if os.Geteuid() != 0 {
		editConfig(ts, asUser)
	}
}

// args words... sets process.args.
func cmdArgs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: args words...")
	}
	words := make([]any, len(args))
	for i, a := range args {
		words[i] = a
	}
	editConfig(ts, func(doc any) (any, error) {
		return edit(doc, []string{"process", "args"}, words, set)
	})
}

// config path value sets a property of config.json, "config path+ value"
// appends to an array, "config -path" removes. A path is dotted; in an array a
// step is an index, or the type, destination, path or name of an entry. A
// value that is not JSON is a string.
func cmdConfig(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case !neg && len(args) == 1 && strings.HasPrefix(args[0], "-"):
		editConfig(ts, func(doc any) (any, error) {
			return edit(doc, strings.Split(args[0][1:], "."), nil, remove)
		})
	case !neg && len(args) == 2:
		path, add := strings.CutSuffix(args[0], "+")
		do := set
		if add {
			do = appendTo
		}
		var value any
		if err := json.Unmarshal([]byte(args[1]), &value); err != nil {
			value = args[1]
		}
		editConfig(ts, func(doc any) (any, error) {
			return edit(doc, strings.Split(path, "."), value, do)
		})
	default:
		ts.Fatalf("usage: config path[+] value | config -path")
	}
}

func editConfig(ts *testscript.TestScript, change func(any) (any, error)) {
	name := filepath.Join(ts.Getenv("BUNDLE"), "config.json")
	data, err := os.ReadFile(name)
	ts.Check(err)
	var doc any
	ts.Check(json.Unmarshal(data, &doc))
	doc, err = change(doc)
	ts.Check(err)
	data, err = json.MarshalIndent(doc, "", "  ")
	ts.Check(err)
	ts.Check(os.WriteFile(name, data, 0o644))
}

type action int

const (
	set action = iota
	appendTo
	remove
)

// edit returns doc with the value at path changed.
func edit(doc any, path []string, value any, do action) (any, error) {
	if len(path) == 0 {
		if do != appendTo {
			return value, nil
		}
		list, ok := doc.([]any)
		if doc != nil && !ok {
			return nil, fmt.Errorf("append to %T: not an array", doc)
		}
		return append(list, value), nil
	}
	step, rest := path[0], path[1:]
	switch node := doc.(type) {
	case nil:
		return edit(map[string]any{}, path, value, do)
	case map[string]any:
		if len(rest) == 0 && do == remove {
			delete(node, step)
			return node, nil
		}
		child, err := edit(node[step], rest, value, do)
		node[step] = child
		return node, err
	case []any:
		i, err := indexOf(node, step)
		if err != nil {
			return nil, err
		}
		if len(rest) == 0 && do == remove {
			return append(node[:i], node[i+1:]...), nil
		}
		node[i], err = edit(node[i], rest, value, do)
		return node, err
	}
	return nil, fmt.Errorf("step %q into %T", step, doc)
}

func indexOf(list []any, step string) (int, error) {
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(list) {
		return i, nil
	}
	for _, key := range []string{"type", "destination", "path", "name"} {
		for i, entry := range list {
			if m, ok := entry.(map[string]any); ok && m[key] == step {
				return i, nil
			}
		}
	}
	return 0, fmt.Errorf("no entry %q", step)
}
