package film

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// fence closes the calling thread in, and with it every program that it starts: it may read programs
// and libraries and nothing else of the disk, and open no connection. It cannot be undone: the thread
// must end with its work. What the kernel does not know is left out; kept says what holds.
func fence(program string) (kept box, err error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return kept, fmt.Errorf("film: no new privileges: %w", err)
	}
	if kept.files, err = closeFiles(program); err != nil {
		return kept, err
	}
	kept.calls, err = closeCalls()
	return kept, err
}

const (
	readAccess = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	allAccess  = 1<<13 - 1 // what the first version of Landlock knows
)

// open is one place that the tool may use, and how.
type open struct {
	path   string
	access uint64
}

// opens lists what a program needs to start. /proc is needed for the memory files, and by the starter
// itself to name the user of the new namespace; what lies in it is guarded by its own rules.
func opens(program string) []open {
	const run = readAccess | unix.LANDLOCK_ACCESS_FS_EXECUTE
	list := []open{
		{"/usr", run}, {"/lib", run}, {"/lib64", run}, {"/bin", run}, {filepath.Dir(program), run},
		{"/etc/ld.so.cache", unix.LANDLOCK_ACCESS_FS_READ_FILE},
		{"/dev/null", unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE},
		{"/proc", readAccess | unix.LANDLOCK_ACCESS_FS_WRITE_FILE},
	}
	return list
}

// address is where the kernel finds b, which must be kept alive over the call.
func address(b []byte) uintptr { return reflect.ValueOf(b).Pointer() }

// closeFiles is Landlock. It reports false where the kernel has none.
func closeFiles(program string) (bool, error) {
	handled := binary.NativeEndian.AppendUint64(nil, allAccess) // the first member only: kernels of every age take it
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, address(handled), uintptr(len(handled)), 0)
	runtime.KeepAlive(handled)
	if errno == unix.ENOSYS || errno == unix.EOPNOTSUPP {
		return false, nil
	}
	if errno != 0 {
		return false, fmt.Errorf("film: landlock: %w", errno)
	}
	defer func() { _ = unix.Close(int(fd)) }()
	for _, o := range opens(program) {
		place, err := unix.Open(o.path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("film: landlock: %w", err)
		}
		rule := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint64(nil, o.access), uint32(place))
		_, _, errno = unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, fd, unix.LANDLOCK_RULE_PATH_BENEATH, address(rule), 0, 0, 0)
		runtime.KeepAlive(rule)
		_ = unix.Close(place)
		if errno != 0 {
			return false, fmt.Errorf("film: landlock: %w", errno)
		}
	}
	if _, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return false, fmt.Errorf("film: landlock: %w", errno)
	}
	return true, nil
}

// refusedCalls are the system calls that a converter of films has no business with.
func refusedCalls() []uint32 {
	return []uint32{
		unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
		unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVFROM, unix.SYS_RECVMSG,
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD,
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_SETNS, unix.SYS_UNSHARE,
		unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN,
		unix.SYS_IO_URING_SETUP, unix.SYS_USERFAULTFD, unix.SYS_KEXEC_LOAD, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE,
	}
}

// closeCalls is seccomp: the calls of the list fail with "not permitted". It reports false where the
// kernel has none, and for processors whose numbers nobody checked.
func closeCalls() (bool, error) {
	arch, known := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !known {
		return false, nil
	}
	filter := refusal(arch, refusedCalls())
	program := binary.NativeEndian.AppendUint64(nil, uint64(len(filter)/8)) // a short, filled up to the pointer
	if binary.NativeEndian.Uint16(program) == 0 {
		return false, nil // the other byte order
	}
	program = binary.NativeEndian.AppendUint64(program, uint64(address(filter)))
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, address(program))
	runtime.KeepAlive(program)
	runtime.KeepAlive(filter)
	if errno == unix.ENOSYS || errno == unix.EINVAL {
		return false, nil
	}
	if errno != 0 {
		return false, fmt.Errorf("film: seccomp: %w", errno)
	}
	return true, nil
}

// refusal is the filter of closeCalls in the kernel's form: 8 bytes per step.
func refusal(arch uint32, calls []uint32) []byte {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		least  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
		x32    = 0x40000000 // a second numbering on amd64
	)
	var filter []byte
	add := func(code uint16, yes, no int, k uint32) {
		filter = binary.NativeEndian.AppendUint16(filter, code)
		filter = append(filter, uint8(yes), uint8(no))
		filter = binary.NativeEndian.AppendUint32(filter, k)
	}
	n := len(calls)
	add(load, 0, 0, 4) // the processor
	add(equal, 0, n+3, arch)
	add(load, 0, 0, 0) // the number of the call
	add(least, n+1, 0, x32)
	for i, c := range calls {
		add(equal, n-i, 0, c)
	}
	add(answer, 0, 0, unix.SECCOMP_RET_ALLOW)
	add(answer, 0, 0, unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM))
	return filter
}

// box says what holds the tool.
type box struct {
	namespaces bool // own users, network, processes
	nobody     bool // another user, where we are root
	fence      bool // try Landlock and seccomp; the two below say what came of it
	files      bool
	calls      bool
}

// String puts the box into words.
func (b box) String() string {
	var net []string
	if b.namespaces {
		net = append(net, "namespaces")
	}
	if b.calls {
		net = append(net, "seccomp")
	}
	parts := []string{"network not taken away: this kernel allows neither namespaces nor seccomp"}
	if net != nil {
		parts[0] = "no network (" + strings.Join(net, ", ") + ")"
	}
	if b.files {
		parts = append(parts, "no files (landlock)")
	}
	if b.nobody {
		parts = append(parts, "as nobody")
	}
	return strings.Join(parts, ", ")
}
