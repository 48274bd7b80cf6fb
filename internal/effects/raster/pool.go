package raster

// Floats returns n zeros that belong to the caller until Drop. A job keeps what was dropped for its
// later passes; nothing outlives the job.
func (j *Job) Floats(n int) []float32 {
	j.mu.Lock()
	best := -1
	for i, b := range j.free {
		if cap(b) >= n && cap(b) <= 2*n+1024 && (best < 0 || cap(b) < cap(j.free[best])) {
			best = i
		}
	}
	if best < 0 {
		j.mu.Unlock()
		return make([]float32, n)
	}
	b := j.free[best]
	j.free[best] = j.free[len(j.free)-1]
	j.free = j.free[:len(j.free)-1]
	j.mu.Unlock()
	return b[:n]
}

// Drop takes buffers back and clears them: they hold a person's pixels.
func (j *Job) Drop(buffers ...[]float32) {
	for _, b := range buffers {
		b = b[:cap(b)]
		clear(b)
		j.mu.Lock()
		j.free = append(j.free, b)
		j.mu.Unlock()
	}
}

// Plane returns a plane of zeros from the job's buffers; Drop its V when it is done with.
func (j *Job) Plane(w, h int) Plane { return Plane{w, h, j.Floats(w * h)} }

// Copy returns a copy of p from the job's buffers.
func (j *Job) Copy(p Plane) Plane {
	c := j.Plane(p.W, p.H)
	copy(c.V, p.V)
	return c
}
