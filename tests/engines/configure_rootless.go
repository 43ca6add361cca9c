package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// user is whom rootless engines run as.
type user struct {
	id int
	// group is a cgroup of the user's with the user's shell in it; beside it the
	// user may make others. It is empty on cgroup v1, which gives users none.
	group string
}

// guestUser is the user that a guest with systemd has: with ids to hand out and
// a manager that lives without a login.
const guestUser = 1000

// configureRootlessPodman has the devices that a booted machine opens to
// everybody, and file systems with options that only root may take back.
func configureRootlessPodman(p place) (daemon, env []string, err error) {
	find := p.makeUser
	if p.systemd {
		find = p.findUser
	}
	u, err := find()
	if err != nil {
		return nil, nil, fmt.Errorf("make user: %w", err)
	}
	session := fmt.Sprintf("/run/user/%d", u.id)
	if env, err = p.podmanFiles(session + "/storage"); err != nil {
		return nil, nil, err
	}
	err = script(`
open() { mknod -m 666 $dir/$2-$3 c $2 $3; mkdir -p $(dirname $1); touch $1; mount --bind $dir/$2-$3 $1; }
open /dev/fuse 10 229
open /dev/net/tun 10 200
for options in nosuid,nodev,noexec nosuid,nodev,ro; do
	mkdir $dir/$options; mount -t tmpfs -o $options,mode=1777 tmpfs $dir/$options
done
chown $id:$id $dir $dir/volume
`, "dir="+p.dir, fmt.Sprintf("id=%d", u.id))
	return nil, append(env, "XDG_RUNTIME_DIR="+session, fmt.Sprintf("ID=%d", u.id), "GROUP="+u.group), err
}

// makeUser makes a user without privilege, with ids to hand out, a session's
// directory, and on cgroup v2 a cgroup.
func (p place) makeUser() (user, error) {
	u := user{id: 54321}
	all, err := hierarchies()
	if err != nil {
		return u, err
	}
	if pure(all) {
		u.group = "/sys/fs/cgroup/user/cases"
	}
	return u, script(`
add() { cp /etc/$1 $dir/$1; echo "$2" >>$dir/$1; mount --bind $dir/$1 /etc/$1; }
add passwd "rootless:x:$id:$id::$dir:/bin/sh"
add group "rootless:x:$id:"
add subuid "rootless:600000:65536"
add subgid "rootless:600000:65536"
mkdir -p -m 700 /run/user/$id
chown $id:$id /run/user/$id
[ "$group" ] || exit 0
user=$(dirname $group)
mkdir $user
for controller in $(cat $user/cgroup.controllers); do echo +$controller >$user/cgroup.subtree_control; done
mkdir $group
for one in $user $group; do chown $id:$id $one $one/cgroup.procs $one/cgroup.threads $one/cgroup.subtree_control; done
`, "dir="+p.dir, fmt.Sprintf("id=%d", u.id), "group="+u.group)
}

// findUser has the guest's user start a service, whose cgroup is the user's. The
// ids to hand out are those that makeUser gives.
func (p place) findUser() (user, error) {
	u := user{id: guestUser}
	if err := script("echo user:600000:65536 | tee /etc/subuid >/etc/subgid"); err != nil {
		return u, err
	}
	session := fmt.Sprintf("XDG_RUNTIME_DIR=/run/user/%d", u.id)
	asUser := func(args ...string) *exec.Cmd {
		return exec.Command("setpriv", append([]string{"--reuid", fmt.Sprint(u.id), "--regid", fmt.Sprint(u.id), "--init-groups",
			"env", session}, args...)...)
	}
	if out, err := asUser("systemd-run", "--user", "--unit", "engines", "sleep", "infinity").CombinedOutput(); err != nil {
		return u, fmt.Errorf("%w: %s", err, out)
	}
	out, err := asUser("systemctl", "--user", "show", "-P", "ControlGroup", "engines").Output()
	u.group = filepath.Join("/sys/fs/cgroup", strings.TrimSpace(string(out)))
	return u, err
}

// script runs a shell script that ends with the first command that fails.
func script(text string, env ...string) error {
	cmd := exec.Command("sh", "-ec", text)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
