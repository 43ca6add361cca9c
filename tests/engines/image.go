package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// imageName is what the image is loaded as, pauseName the one that holds the
// namespaces of a pod.
const (
	imageName = "docker.io/library/box:latest"
	pauseName = "docker.io/library/pause:latest"
)

// limitScript is in the image, and on the host's PATH for the cases. Shares are
// a weight on v2, which has no other; swap is with memory, as engines count it.
const limitScript = `#!/bin/sh
# limit KIND...: prints limits of the cgroup that is seen as the root, or of
# that of the process $PID, on v1 or v2
cd /sys/fs/cgroup || exit
path() { [ -z "$PID" ] || sed -n "s/^[0-9]*:$1://p" "/proc/$PID/cgroup"; }
show() { # CONTROLLER FILE-OF-V1 FILE-OF-V2
	if [ -e cgroup.controllers ]; then cat ".$(path)/$3"; else cat "$1$(path "$1")/$2"; fi
}
rate() { show blkio "blkio.throttle.$1" io.max | sed "s/.* $2=\([0-9]*\).*/\1/; s/.* //"; }
for kind; do
	case $kind in
	memory) show memory memory.limit_in_bytes memory.max ;;
	reservation) show memory memory.soft_limit_in_bytes memory.low ;;
	high) show memory none memory.high ;;
	swap) [ ! -e cgroup.controllers ] || more=$(show memory none memory.max)
		echo $((more + $(show memory memory.memsw.limit_in_bytes memory.swap.max))) ;;
	pids) show pids pids.max pids.max ;;
	cpus) show cpuset cpuset.cpus cpuset.cpus ;;
	mems) show cpuset cpuset.mems cpuset.mems ;;
	quota) show cpu cpu.cfs_quota_us cpu.max | cut -d' ' -f1 ;;
	period) show cpu cpu.cfs_period_us cpu.max | sed 's/.* //' ;;
	shares) show cpu cpu.shares cpu.weight ;;
	huge) show hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max ;;
	rbps) rate read_bps_device rbps ;;
	wiops) rate write_iops_device wiops ;;
	*) echo "no limit $kind"; exit 1 ;;
	esac
done
`

// writeImage makes an image of busybox with a command, in the form that docker
// save has, which every engine loads.
func writeImage(path, name string, command ...string) error {
	layer, err := rootLayer()
	if err != nil {
		return err
	}
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(layer))
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config":  map[string]any{"Env": []string{"PATH=/bin"}, "Cmd": command},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digest}},
		"history": []map[string]any{{"created_by": "engines"}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "RepoTags": []string{name}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}
	var out archive
	out.open()
	out.file("config.json", 0o644, config)
	out.file("layer.tar", 0o644, layer)
	out.file("manifest.json", 0o644, manifest)
	data, err := out.close()
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// rootLayer is the root file system, with programs that cannot be run in every
// way there is.
func rootLayer() ([]byte, error) {
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		return nil, err
	}
	applets, err := exec.Command("/bin/busybox", "--list").Output()
	if err != nil {
		return nil, err
	}
	var out archive
	out.open()
	for _, dir := range []string{"bin", "data", "dev", "etc", "mnt", "proc", "root", "run", "sys", "bin/directory"} {
		out.entry(tar.Header{Name: dir + "/", Typeflag: tar.TypeDir, Mode: 0o755}, nil)
	}
	out.entry(tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, nil)
	out.file("bin/busybox", 0o755, busybox)
	for _, applet := range strings.Fields(string(applets)) {
		if applet != "busybox" {
			out.entry(tar.Header{Name: filepath.Join("bin", applet), Typeflag: tar.TypeSymlink, Linkname: "busybox", Mode: 0o777}, nil)
		}
	}
	out.file("bin/limit", 0o755, []byte(limitScript))
	out.file("bin/not-executable", 0o644, []byte("#!/bin/sh\n"))
	out.file("bin/no-interpreter", 0o755, []byte("#!/nothing\n"))
	out.file("etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n"))
	out.file("etc/group", 0o644, []byte("root:x:0:\nuser:x:1000:\nextra:x:2000:user\n"))
	return out.close()
}

// archive collects a tar file in memory and keeps the first error.
type archive struct {
	data bytes.Buffer
	tar  *tar.Writer
	err  error
}

func (a *archive) open() { a.tar = tar.NewWriter(&a.data) }

func (a *archive) file(name string, mode int64, data []byte) {
	a.entry(tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: mode, Size: int64(len(data))}, data)
}

func (a *archive) entry(h tar.Header, data []byte) {
	if a.err == nil {
		a.err = a.tar.WriteHeader(&h)
	}
	if a.err == nil {
		_, a.err = a.tar.Write(data)
	}
}

func (a *archive) close() ([]byte, error) {
	if a.err == nil {
		a.err = a.tar.Close()
	}
	return a.data.Bytes(), a.err
}
