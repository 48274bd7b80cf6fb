package jpg

// part is what one component takes part in a scan with.
type part struct {
	c      *component
	dc, ac *table
}

type scan struct {
	parts      []part
	start, end int  // which coefficients, in the order of the file
	refine     bool // a later bit of coefficients that are known already
}

func (c *checker) scan(p []byte) error {
	if c.scans++; c.comps == nil || c.scans > maxScans {
		return damaged("scan without a frame, or too many")
	}
	n := 0
	if len(p) > 0 {
		n = int(p[0])
	}
	if n < 1 || n > len(c.comps) || len(p) != 4+2*n {
		return damaged("scan header")
	}
	s := scan{end: 63}
	if err := c.members(&s, p[1:1+2*n]); err != nil {
		return err
	}
	if c.progressive {
		s.start, s.end, s.refine = int(p[1+2*n]), int(p[2+2*n]), p[3+2*n]>>4 != 0
		high, low := p[3+2*n]>>4, p[3+2*n]&15
		if s.start == 0 && s.end != 0 || s.start > s.end || s.end > 63 || s.start != 0 && n != 1 || high != 0 && high != low+1 {
			return damaged("scan header")
		}
	}
	c.whole = n == len(c.comps)
	c.acc, c.n, c.eob, c.over = 0, 0, 0, false
	walk := c.together
	if n == 1 {
		walk = c.alone
	}
	if err := walk(s); err != nil {
		return err
	}
	if c.eob > 0 {
		return damaged("a scan says that it goes on")
	}
	return nil
}

func (c *checker) members(s *scan, p []byte) error {
	total := 0
	for i := 0; i < len(p); i += 2 {
		var found *component
		for k := range c.comps {
			if c.comps[k].id == p[i] {
				found = &c.comps[k]
			}
		}
		if found == nil || c.quants>>found.tq&1 == 0 || p[i+1]>>4 > 3 || p[i+1]&15 > 3 {
			return damaged("scan header")
		}
		for _, other := range s.parts {
			if other.c == found {
				return damaged("component twice")
			}
		}
		total += found.h * found.v
		if c.progressive && found.seen == nil {
			found.seen = make([]uint64, c.mcusX*found.h*c.mcusY*found.v)
		}
		s.parts = append(s.parts, part{found, &c.tables[0][p[i+1]>>4], &c.tables[1][p[i+1]&15]})
	}
	if len(c.comps) > 1 && total > 10 {
		return damaged("sampling")
	}
	return nil
}

// together walks a scan whose components take turns.
func (c *checker) together(s scan) error {
	count := 0
	for my := range c.mcusY {
		for mx := range c.mcusX {
			if err := c.restart(count, &count); err != nil {
				return err
			}
			for _, m := range s.parts {
				for j := range m.c.h * m.c.v {
					at := (my*m.c.v+j/m.c.h)*c.mcusX*m.c.h + mx*m.c.h + j%m.c.h
					if !c.block(&s, m, at) {
						return errShort
					}
				}
			}
		}
	}
	return nil
}

// alone walks a scan of one component: only the blocks that the picture shows are coded, and restart
// intervals count them.
func (c *checker) alone(s scan) error {
	m := s.parts[0]
	h0, v0 := c.comps[0].h, c.comps[0].v
	across := ((c.width*m.c.h+h0-1)/h0 + 7) / 8
	down := ((c.height*m.c.v+v0-1)/v0 + 7) / 8
	count := 0
	for y := range down {
		for x := range across {
			if err := c.restart(count, &count); err != nil {
				return err
			}
			if !c.block(&s, m, y*c.mcusX*m.c.h+x) {
				return errShort
			}
		}
	}
	return nil
}

// restart wants the marker that stands between two intervals.
func (c *checker) restart(done int, count *int) error {
	*count = done + 1
	if c.interval == 0 || done == 0 || done%c.interval != 0 {
		return nil
	}
	if c.n >= 8 || c.at+1 >= len(c.p) { // whole bytes that nobody asked for
		return damaged("restart marker")
	}
	for c.at+2 < len(c.p) && c.p[c.at] == 0xFF && c.p[c.at+1] == 0xFF {
		c.at++
	}
	if c.p[c.at] != 0xFF || c.p[c.at+1] != markRST0+byte((done/c.interval-1)%8) {
		return damaged("restart marker")
	}
	c.at += 2
	c.acc, c.n, c.eob = 0, 0, 0
	return nil
}

// block walks through the codes of one block and reports whether they are all there and valid.
func (c *checker) block(s *scan, m part, at int) bool {
	if s.refine {
		if s.start == 0 {
			c.take(1)
			return !c.over
		}
		return c.refine(s, m, &m.c.seen[at])
	}
	k := s.start
	if k == 0 {
		size, ok := c.symbol(m.dc)
		if !ok || size > 16 {
			return false
		}
		c.spend(int(size))
		k++
	}
	if k > s.end {
		return !c.over
	}
	if c.eob > 0 {
		c.eob--
		return !c.over
	}
	if c.progressive {
		return c.first(s, m, &m.c.seen[at], k)
	}
	for k <= 63 {
		v, ok := c.symbol(m.ac)
		if !ok {
			return false
		}
		switch size := int(v & 15); {
		case size != 0:
			k += int(v>>4) + 1
			if k > 64 {
				return false
			}
			c.spend(size)
		case v == 0xF0:
			k += 16
		default: // end of the block
			if run := int(v >> 4); run != 0 {
				return false // only progressive pictures have runs of blocks
			}
			return !c.over
		}
	}
	return !c.over
}

// first walks through the first bits of some coefficients of a block.
func (c *checker) first(s *scan, m part, seen *uint64, k int) bool {
	for k <= s.end {
		v, ok := c.symbol(m.ac)
		if !ok {
			return false
		}
		run, size := int(v>>4), int(v&15)
		switch {
		case size != 0:
			if k += run; k > s.end {
				return false
			}
			c.spend(size)
			*seen |= 1 << k
			k++
		case run == 15:
			k += 16
		default:
			c.eob = 1<<run + int(c.take(run)) - 1
			return !c.over
		}
	}
	return !c.over
}

// refine walks through a later bit of some coefficients of a block.
func (c *checker) refine(s *scan, m part, seen *uint64) bool {
	k := s.start
	if c.eob == 0 {
		for k <= s.end {
			v, ok := c.symbol(m.ac)
			if !ok || v&15 > 1 {
				return false
			}
			run := int(v >> 4)
			if v&15 == 1 {
				c.take(1)
			} else if run != 15 {
				c.eob = 1<<run + int(c.take(run))
				break
			}
			if k = c.corrections(*seen, k, s.end, run); k > s.end {
				return false
			}
			if v&15 == 1 {
				*seen |= 1 << k
			}
			k++
		}
	}
	if c.eob > 0 {
		c.eob--
		c.corrections(*seen, k, s.end, 64)
	}
	return !c.over
}

// corrections spends one bit for each known coefficient until it has passed zeros unknown ones, and
// returns where it stands.
func (c *checker) corrections(seen uint64, k, end, zeros int) int {
	for ; k <= end; k++ {
		if seen&(1<<k) != 0 {
			c.take(1)
		} else {
			if zeros == 0 {
				break
			}
			zeros--
		}
	}
	return k
}
