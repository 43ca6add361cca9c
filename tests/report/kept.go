package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// kept is the result of a part as a file keeps it, for a page made later.
type kept struct {
	Runtime  string // the first line of its --version
	Target   string
	Passed   int
	Failed   int
	Skipped  int
	Seconds  float64
	Error    string
	Outcomes []outcome
}

// keep writes the result of a part to dir/RUNTIME-TARGET.json.
func keep(dir string, p part) error {
	version, err := runtimeVersion()
	if err != nil {
		return err
	}
	k := kept{version, p.target, p.counts.passed, p.counts.failed, p.counts.skipped, p.took.Seconds(), "", p.outcomes}
	if p.err != nil {
		k.Error = p.err.Error()
	}
	data, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return err
	}
	kind, _, _ := strings.Cut(version, " ")
	return errors.Join(
		os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, kind+"-"+p.target+".json"), append(data, '\n'), 0o644),
	)
}

// runtimeVersion is what the runtime under test, $RT, says of itself.
func runtimeVersion() (string, error) {
	out, err := exec.Command(os.Getenv("RT"), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("run $RT --version: %w", err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.Replace(first, " version ", " ", 1), nil
}

// readKept reads what keep wrote.
func readKept(dir string) ([]kept, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var all []kept
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var k kept
		if err := json.Unmarshal(data, &k); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		all = append(all, k)
	}
	return all, nil
}

func (k kept) took() time.Duration {
	return time.Duration(k.Seconds * float64(time.Second)).Round(time.Second)
}
