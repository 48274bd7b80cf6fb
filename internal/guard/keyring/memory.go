package keyring

import "fmt"

// arenaSize is how much locked memory is taken at a time: 512 keys.
const arenaSize = 512 * KeySize

// memory is where keys rest: pages outside the Go heap that are locked, left out of core dumps and
// wiped before they are given back. It is guarded by the ring's lock.
type memory struct {
	pages  [][]byte
	free   [][]byte
	locked bool
}

func newMemory() *memory { return &memory{locked: true} }

// take returns an empty cell for one key.
func (m *memory) take() ([]byte, error) {
	if len(m.free) == 0 {
		page, locked, err := mapPages(arenaSize)
		if err != nil {
			return nil, fmt.Errorf("keyring: memory for keys: %w", err)
		}
		m.pages = append(m.pages, page)
		m.locked = m.locked && locked
		for at := 0; at < len(page); at += KeySize {
			m.free = append(m.free, page[at:at+KeySize:at+KeySize])
		}
	}
	cell := m.free[len(m.free)-1]
	m.free = m.free[:len(m.free)-1]
	return cell, nil
}

// keep moves a key into a cell and wipes where it came from.
func (m *memory) keep(key []byte) ([]byte, error) {
	cell, err := m.take()
	if err != nil {
		return nil, err
	}
	copy(cell, key)
	clear(key)
	return cell, nil
}

// drop wipes a cell and makes it free.
func (m *memory) drop(cell []byte) {
	clear(cell)
	m.free = append(m.free, cell)
}

// close wipes everything and gives the pages back.
func (m *memory) close() {
	for _, page := range m.pages {
		clear(page)
		unmapPages(page)
	}
	m.pages, m.free = nil, nil
}
