package keyring

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheMountThatHoldsADirectoryIsFound(t *testing.T) {
	t.Parallel()
	const mounts = `rootfs / ext4 rw,data=ordered 0 0
/dev/b /srv ext4 rw,noatime,data=journal 0 0
/dev/c /srv/data ext4 rw 0 0
/dev/d /with\040space ext4 rw,data=journal 0 0
/dev/e /twice ext4 rw,data=journal 0 0
/dev/f /twice ext4 rw,data=writeback 0 0
nonsense
`
	for path, want := range map[string]string{
		"/opt/x":          "rw,data=ordered",
		"/srv":            "rw,noatime,data=journal",
		"/srv/other":      "rw,noatime,data=journal",
		"/srv/data":       "rw",
		"/srv/data/sub":   "rw",
		"/srv/database":   "rw,noatime,data=journal",
		"/srvx":           "rw,data=ordered",
		"/with space/sub": "rw,data=journal",
		"/twice/x":        "rw,data=writeback",
	} {
		if got, found := mountOptions(strings.NewReader(mounts), path); got != want || !found {
			t.Errorf("%s: %q", path, got)
		}
	}
	if _, found := mountOptions(strings.NewReader("/dev/b /srv ext4 rw 0 0\n"), "/opt"); found {
		t.Error("a directory was found on no mount")
	}
}

func TestOnlyFileSystemsThatOverwriteInPlacePass(t *testing.T) {
	t.Parallel()
	for magic, want := range map[uint32]Level{
		unix.EXT4_SUPER_MAGIC: OK, unix.XFS_SUPER_MAGIC: OK,
		unix.BTRFS_SUPER_MAGIC: Warn, 0x2fc12fc1: Warn, unix.F2FS_SUPER_MAGIC: Warn, unix.NFS_SUPER_MAGIC: Warn,
		unix.OVERLAYFS_SUPER_MAGIC: Warn, unix.TMPFS_MAGIC: Warn, 0x1234: Warn,
	} {
		if got, detail := describe(magic); got != want || detail == "" {
			t.Errorf("%#x: %s, %q", magic, got, detail)
		}
	}
	if level, _ := fileSystem("/no/such/directory"); level != Warn {
		t.Error("a missing directory passes")
	}
	if level, _ := dataJournal("/no/such/directory"); level != Warn {
		t.Error("a missing directory passes")
	}
}
