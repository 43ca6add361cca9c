package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kernel is one that setup fetched, by its series: "6.12".
type kernel struct {
	dir     string // where its package is unpacked
	release string // uname -r
}

func findKernel(cache, series string) (kernel, error) {
	k := kernel{dir: filepath.Join(cache, "kernels", series)}
	release, err := os.ReadFile(filepath.Join(k.dir, "release"))
	if err != nil {
		return k, fmt.Errorf("find a kernel of series %q: %w", series, err)
	}
	k.release = strings.TrimSpace(string(release))
	return k, nil
}

func (k kernel) modules() string { return filepath.Join(k.dir, "lib/modules", k.release) }

// image gives the kernel as an ELF file, unpacked once: with no KVM, a guest
// that unpacks itself takes longer for that than to boot.
func (k kernel) image() (string, error) {
	path := filepath.Join(k.dir, "vmlinux")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	packed, err := os.ReadFile(filepath.Join(k.dir, "boot", "vmlinuz-"+k.release))
	if err != nil {
		return "", fmt.Errorf("unpack the kernel: %w", err)
	}
	payload, err := findPayload(packed)
	if err != nil {
		return "", fmt.Errorf("unpack kernel %s: %w", k.release, err)
	}
	elf, err := unpack(payload)
	if err != nil {
		return "", fmt.Errorf("unpack kernel %s: %w", k.release, err)
	}
	if err := os.WriteFile(path+".partial", elf, 0o644); err != nil {
		return "", fmt.Errorf("unpack the kernel: %w", err)
	}
	return path, os.Rename(path+".partial", path)
}

// Offsets of the setup header (Documentation/arch/x86/boot.rst).
const (
	setupSectsAt     = 0x1f1
	magicAt          = 0x202
	payloadOffsetAt  = 0x248
	payloadLengthAt  = 0x24c
	sectorSize       = 512
	defaultSetupSize = 4
)

// findPayload gives the compressed ELF file in a bzImage, without the four
// bytes of its size that kbuild appends.
func findPayload(image []byte) ([]byte, error) {
	if len(image) < payloadLengthAt+4 || string(image[magicAt:magicAt+4]) != "HdrS" {
		return nil, fmt.Errorf("not a bzImage")
	}
	sectors := uint64(image[setupSectsAt])
	if sectors == 0 {
		sectors = defaultSetupSize
	}
	start := (sectors+1)*sectorSize + uint64(binary.LittleEndian.Uint32(image[payloadOffsetAt:]))
	end := start + uint64(binary.LittleEndian.Uint32(image[payloadLengthAt:]))
	if end > uint64(len(image)) || end < start+8 {
		return nil, fmt.Errorf("payload %d to %d is outside the image of %d bytes", start, end, len(image))
	}
	return image[start : end-4], nil
}

var packers = []struct {
	magic  string
	unpack []string
}{
	{"\x28\xb5\x2f\xfd", []string{"zstd", "-dqc"}},
	{"\x02\x21\x4c\x18", []string{"lz4", "-dqc"}},
	{"\xfd7zXZ\x00", []string{"xz", "-dqc"}},
	{"\x1f\x8b\x08", []string{"gzip", "-dqc"}},
}

// unpack gives what is in data, which is returned as it is when nothing packed it.
func unpack(data []byte) ([]byte, error) {
	for _, p := range packers {
		if !bytes.HasPrefix(data, []byte(p.magic)) {
			continue
		}
		cmd := exec.Command(p.unpack[0], p.unpack[1:]...)
		cmd.Stdin = bytes.NewReader(data)
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("run %q: %w", p.unpack, err)
		}
		return out, nil
	}
	return data, nil
}
