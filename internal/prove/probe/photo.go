package probe

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// withText puts a text chunk behind the header of a PNG file, as cameras and editors do.
func withText(file []byte, text string) []byte {
	const header = 8 + 4 + 4 + 13 + 4 // signature, length, name, IHDR, checksum
	body := append([]byte("tEXtDescription\x00"), text...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	chunk = append(chunk, body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
	return slices.Concat(file[:header], chunk, file[header:])
}
