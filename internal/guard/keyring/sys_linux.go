package keyring

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystem says whether the directory's file system overwrites in place.
func fileSystem(dir string) (Level, string) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Warn, "the file system does not say what it is"
	}
	return describe(uint32(s.Type))
}

// describe says what a file system, by its number, does with an overwrite.
func describe(magic uint32) (Level, string) {
	switch magic {
	case unix.EXT4_SUPER_MAGIC:
		return OK, "ext4 overwrites in place"
	case unix.XFS_SUPER_MAGIC:
		return OK, "xfs overwrites in place, unless the file is shared by reflink"
	case unix.BTRFS_SUPER_MAGIC:
		return Warn, "btrfs copies on write; set chattr +C on the empty directory"
	case 0x2fc12fc1:
		return Warn, "zfs copies on write; destroyed keys stay on the disk until their blocks are used again"
	case unix.F2FS_SUPER_MAGIC, unix.NILFS_SUPER_MAGIC:
		return Warn, "a log-structured file system writes elsewhere; destroyed keys stay until the log is cleaned"
	case unix.NFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC:
		return Warn, "the disk is behind a network or another program; what an overwrite does there cannot be seen from here"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return Warn, "a container's overlay; put the data directory on a volume"
	case unix.TMPFS_MAGIC:
		return Warn, "tmpfs is memory: nothing survives a restart, and swap may hold copies"
	default:
		return Warn, fmt.Sprintf("file system type %#x is not known to overwrite in place", magic)
	}
}

// dataJournal says whether the journal keeps copies of file data.
func dataJournal(dir string) (Level, string) {
	const unknown = "the directory was not found among the mounts; cannot tell"
	f, err := os.Open("/proc/self/mounts")
	if err != nil {
		return Warn, unknown
	}
	defer func() { _ = f.Close() }() // only read
	target, err := filepath.EvalSymlinks(dir)
	if err == nil {
		target, err = filepath.Abs(target)
	}
	if err != nil {
		return Warn, unknown
	}
	options, found := mountOptions(f, target)
	switch {
	case !found:
		return Warn, unknown
	case strings.Contains(","+options+",", ",data=journal,"):
		return Fail, "mounted with data=journal: the journal keeps copies of overwritten keys; mount with data=ordered"
	default:
		return OK, "not mounted with data=journal"
	}
}

// mountOptions finds the options of the mount that holds the path, in the form of /proc/mounts.
func mountOptions(mounts io.Reader, path string) (options string, found bool) {
	longest := ""
	for lines := bufio.NewScanner(mounts); lines.Scan(); {
		part := strings.Fields(lines.Text())
		if len(part) < 4 {
			continue
		}
		// The last of the longest wins: a later mount covers an earlier one.
		if at := unescape(part[1]); within(path, at) && len(at) >= len(longest) {
			longest, options, found = at, part[3], true
		}
	}
	return options, found
}

func within(path, mount string) bool {
	return mount == "/" || path == mount || strings.HasPrefix(path, mount+"/")
}

// unescape undoes the four escapes of the mounts file.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// physical asks the file system (FIEMAP) for the place of the file's first extent after the header.
// The request is laid out by hand in a page outside the Go heap, so that its address is stable for the
// duration of the call and no unsafe pointer is needed.
func physical(path string) (uint64, error) {
	const (
		fsIocFiemap = 0xC020660B // _IOWR('f', 11, 32 bytes)
		flagSync    = 1
		reply       = 32 // the first extent follows the request
		unknown     = 0x2 | 0x4 | 0x8 | 0x100 | 0x200
	)
	f, err := os.Open(path)
	if err != nil {
		return 0, cause(err)
	}
	defer func() { _ = f.Close() }() // only read
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return 0, errNoExtent
	}
	defer func() { _ = unix.Munmap(page) }()
	binary.NativeEndian.PutUint64(page[0:], headerSize) // from
	binary.NativeEndian.PutUint64(page[8:], slotSize)   // length
	binary.NativeEndian.PutUint32(page[16:], flagSync)
	binary.NativeEndian.PutUint32(page[24:], 1) // room for one extent
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), fsIocFiemap, reflect.ValueOf(page).Pointer())
	runtime.KeepAlive(page)
	if errno != 0 || binary.NativeEndian.Uint32(page[20:]) != 1 {
		return 0, errNoExtent
	}
	logical := binary.NativeEndian.Uint64(page[reply:])
	place := binary.NativeEndian.Uint64(page[reply+8:])
	flags := binary.NativeEndian.Uint32(page[reply+40:])
	if flags&unknown != 0 || place == 0 {
		return 0, errNoExtent
	}
	return place + headerSize - logical, nil
}

// syncData makes content and length durable, and leaves times to the system.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}

// hide keeps the pages out of core dumps and out of children. Both are best effort: an old kernel
// without the advice still has the limit on core files.
func hide(page []byte) {
	_ = unix.Madvise(page, unix.MADV_DONTDUMP)
	_ = unix.Madvise(page, unix.MADV_WIPEONFORK)
}
