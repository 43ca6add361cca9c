package libct

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups"
	"rt/jsontext"
	"rt/nsexec"
	"rt/specconv"
)

// record is what state.json keeps of a container. It is written before
// anything else of the container exists, so that delete can always find what
// there is.
type record struct {
	Format      int               `json:"format"`
	ID          string            `json:"id"`
	OCIVersion  string            `json:"ociVersion"`
	Phase       Status            `json:"phase"` // creating or created
	Bundle      string            `json:"bundle"`
	Rootfs      string            `json:"rootfs"`
	Annotations map[string]string `json:"annotations"`
	Created     time.Time         `json:"created"`
	UID         int               `json:"uid"` // who made it

	// InitPid and InitStart, its start time in clock ticks after boot, name
	// the container's process beyond doubt.
	InitPid   int    `json:"init_process_pid"`
	InitStart uint64 `json:"init_process_start"`

	Cgroup     cgroups.State `json:"cgroup"`
	Namespaces uint64        `json:"namespaces"` // CLONE_NEW* flags of those that are not the host's
	OwnPids    bool          `json:"own_pids"`   // the pid namespace ends with init
	Setgroups  bool          `json:"setgroups"`
	HostMounts []hostMount   `json:"host_mounts"` // made without a mount namespace
	NoProcess  bool          `json:"no_process"`
	Notify     bool          `json:"notify"` // it has a directory for a notify socket

	Poststart []specs.Hook  `json:"poststart"`
	Poststop  []specs.Hook  `json:"poststop"`
	Tail      []nsexec.Note `json:"tail"`
}

// recordFormat changes with what state.json has to say. What an rt does not
// find there, such as the namespaces that exec joins, it would take for absent.
const recordFormat = 1

// of tells whether the record is of the container, and of this format.
func (r *record) of(id string) error {
	if r.Format != recordFormat {
		return fmt.Errorf("read state: its format is %d, not %d: another runtime, or another version of rt, has made it", r.Format, recordFormat)
	}
	if r.ID != id {
		return fmt.Errorf("read state: it is that of %q", r.ID)
	}
	return nil
}

// save writes state.json so that a reader sees the old one or the new one.
func (c *Container) save() error {
	if err := writeRenamed(c.path(stateFile), c.rec.encode(), 0o600); err != nil {
		return fmt.Errorf("write state of %q: %w", c.rec.ID, err)
	}
	return nil
}

// readRecord reads state.json. A directory without one belongs to a create
// that was killed at its very beginning.
func readRecord(dir string) (record, error) {
	data, err := readFile(filepath.Join(dir, stateFile))
	if err != nil {
		return record{}, err
	}
	rec, err := jsontext.Decode(data, decodeRecord)
	if err != nil {
		return record{}, fmt.Errorf("read state: %w", err)
	}
	return *rec, nil
}

func (r *record) encode() []byte {
	var e jsontext.Encoder
	e.Object(func() {
		e.Name("format").Int(r.Format)
		e.Name("id").Text(r.ID)
		e.Name("ociVersion").Text(r.OCIVersion)
		e.Name("phase").Text(string(r.Phase))
		e.Name("bundle").Text(r.Bundle)
		e.Name("rootfs").Text(r.Rootfs)
		e.Name("annotations").Dict(r.Annotations)
		e.Name("created").Time(r.Created)
		e.Name("uid").Int(r.UID)
		e.Name("init_process_pid").Int(r.InitPid)
		e.Name("init_process_start").Uint(r.InitStart)
		e.Name("cgroup")
		encodeCgroup(&e, &r.Cgroup)
		e.Name("namespaces").Uint(r.Namespaces)
		e.Name("own_pids").Bool(r.OwnPids)
		e.Name("setgroups").Bool(r.Setgroups)
		e.Name("host_mounts").Array(func() { encodeHostMounts(&e, r.HostMounts) })
		e.Name("no_process").Bool(r.NoProcess)
		e.Name("notify").Bool(r.Notify)
		e.Name("poststart").Array(func() { encodeHooks(&e, r.Poststart) })
		e.Name("poststop").Array(func() { encodeHooks(&e, r.Poststop) })
		e.Name("tail").Array(func() { encodeNotes(&e, r.Tail) })
	})
	return e.Bytes()
}

func decodeRecord(d *jsontext.Decoder, r *record) {
	for name := range d.Members() {
		switch name {
		case "format":
			jsontext.Int(d, &r.Format)
		case "id":
			jsontext.Text(d, &r.ID)
		case "ociVersion":
			jsontext.Text(d, &r.OCIVersion)
		case "phase":
			jsontext.Text(d, &r.Phase)
		case "bundle":
			jsontext.Text(d, &r.Bundle)
		case "rootfs":
			jsontext.Text(d, &r.Rootfs)
		case "annotations":
			jsontext.Dict(d, &r.Annotations, jsontext.Text)
		case "created":
			jsontext.Time(d, &r.Created)
		case "uid":
			jsontext.Int(d, &r.UID)
		case "init_process_pid":
			jsontext.Int(d, &r.InitPid)
		case "init_process_start":
			jsontext.Uint(d, &r.InitStart)
		case "cgroup":
			decodeCgroup(d, &r.Cgroup)
		case "namespaces":
			jsontext.Uint(d, &r.Namespaces)
		case "own_pids":
			jsontext.Bool(d, &r.OwnPids)
		case "setgroups":
			jsontext.Bool(d, &r.Setgroups)
		case "host_mounts":
			jsontext.List(d, &r.HostMounts, decodeHostMount)
		case "no_process":
			jsontext.Bool(d, &r.NoProcess)
		case "notify":
			jsontext.Bool(d, &r.Notify)
		case "poststart":
			jsontext.List(d, &r.Poststart, specconv.ReadHook)
		case "poststop":
			jsontext.List(d, &r.Poststop, specconv.ReadHook)
		case "tail":
			jsontext.List(d, &r.Tail, decodeNote)
		}
	}
}

func encodeCgroup(e *jsontext.Encoder, s *cgroups.State) {
	e.Object(func() {
		e.Name("paths").Dict(s.Paths)
		e.Name("made").List(s.Made)
		if u := s.Unit; u != nil {
			e.Name("unit").Object(func() {
				e.Name("name").Text(u.Name)
				e.Name("description").Text(u.Description)
				e.Name("user").Bool(u.User)
				e.Name("inode").Uint(u.Inode)
			})
		}
	})
}

func decodeCgroup(d *jsontext.Decoder, s *cgroups.State) {
	for name := range d.Members() {
		switch name {
		case "paths":
			jsontext.Dict(d, &s.Paths, jsontext.Text)
		case "made":
			jsontext.List(d, &s.Made, jsontext.Text)
		case "unit":
			s.Unit = &cgroups.Unit{}
			decodeUnit(d, s.Unit)
		}
	}
}

func decodeUnit(d *jsontext.Decoder, u *cgroups.Unit) {
	for name := range d.Members() {
		switch name {
		case "name":
			jsontext.Text(d, &u.Name)
		case "description":
			jsontext.Text(d, &u.Description)
		case "user":
			jsontext.Bool(d, &u.User)
		case "inode":
			jsontext.Uint(d, &u.Inode)
		}
	}
}

func encodeHostMounts(e *jsontext.Encoder, mounts []hostMount) {
	for _, m := range mounts {
		e.Object(func() {
			e.Name("destination").Text(m.Destination)
			e.Name("before").Uint(m.Before)
		})
	}
}

func decodeHostMount(d *jsontext.Decoder, m *hostMount) {
	for name := range d.Members() {
		switch name {
		case "destination":
			jsontext.Text(d, &m.Destination)
		case "before":
			jsontext.Uint(d, &m.Before)
		}
	}
}

func encodeHooks(e *jsontext.Encoder, hooks []specs.Hook) {
	for _, h := range hooks {
		e.Object(func() {
			e.Name("path").Text(h.Path)
			e.Name("args").List(h.Args)
			e.Name("env").List(h.Env)
			if h.Timeout != nil {
				e.Name("timeout").Int(*h.Timeout)
			}
		})
	}
}

func encodeNotes(e *jsontext.Encoder, notes []nsexec.Note) {
	for _, n := range notes {
		e.Object(func() {
			e.Name("name").Text(n.Name)
			e.Name("property").Text(n.Property)
			e.Name("what").Text(n.What)
			e.Name("call").Text(n.Call)
		})
	}
}

func decodeNote(d *jsontext.Decoder, n *nsexec.Note) {
	for name := range d.Members() {
		switch name {
		case "name":
			jsontext.Text(d, &n.Name)
		case "property":
			jsontext.Text(d, &n.Property)
		case "what":
			jsontext.Text(d, &n.What)
		case "call":
			jsontext.Text(d, &n.Call)
		}
	}
}
