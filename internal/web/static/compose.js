// Draws the picture of the device page: the person's own photo, the points that were found in it, and
// drawn things. Nothing here speaks to a server.

// dyes are colours of hair where it is neither in shine nor in shade.
const dyes = {
  black: [44, 40, 42], brown: [92, 64, 44], auburn: [122, 56, 38], copper: [178, 96, 44],
  blonde: [212, 172, 108], silver: [176, 180, 184], rose: [214, 120, 142], blue: [46, 92, 168],
}

export function sheet(width, height) {
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(width))
  canvas.height = Math.max(1, Math.round(height))
  return canvas
}

const pen = (canvas) => canvas.getContext('2d', { willReadFrequently: true })

// stencil turns a gray picture into one whose opacity is the gray.
export function stencil(bitmap, width, height) {
  const canvas = sheet(width, height), g = pen(canvas)
  g.imageSmoothingQuality = 'high'
  g.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  const data = g.getImageData(0, 0, canvas.width, canvas.height)
  for (let i = 0; i < data.data.length; i += 4) { data.data[i + 3] = data.data[i]; data.data[i] = data.data[i + 1] = data.data[i + 2] = 255 }
  g.putImageData(data, 0, 0)
  return canvas
}

// dyed gives a picture another colour where it is opaque: strands, shine and shade stay, because only
// the share of light of every pixel is kept.
function dyed(canvas, dye) {
  if (!dye) return canvas
  const g = pen(canvas), data = g.getImageData(0, 0, canvas.width, canvas.height), px = data.data
  const light = (i) => 0.299 * px[i] + 0.587 * px[i + 1] + 0.114 * px[i + 2]
  let sum = 0, weight = 0
  for (let i = 0; i < px.length; i += 4) { sum += light(i) * px[i + 3]; weight += px[i + 3] }
  const mean = Math.max(sum / (weight || 1), 12)
  for (let i = 0; i < px.length; i += 4) {
    if (!px[i + 3]) continue
    const t = light(i) / mean, shade = Math.min(t, 1) ** 0.85, shine = Math.min(Math.max(t - 1, 0) * 0.32, 0.75)
    for (let k = 0; k < 3; k++) px[i + k] = (dye[k] + (255 - dye[k]) * shine) * shade
  }
  g.putImageData(data, 0, 0)
  return canvas
}

function masked(photo, mask) {
  const canvas = sheet(photo.width, photo.height), g = pen(canvas)
  g.drawImage(photo, 0, 0)
  g.globalCompositeOperation = 'destination-in'
  g.drawImage(mask, 0, 0, canvas.width, canvas.height)
  return canvas
}

// recolored is the person's own hair in another colour.
export const recolored = (photo, mask, name) => dyed(masked(photo, mask), dyes[name])

// tone is the colour that the person's own hair has, where it is neither in shine nor in shade.
export function tone(photo, mask) {
  const px = pen(masked(photo, mask)).getImageData(0, 0, photo.width, photo.height).data, sum = [0, 0, 0]
  let weight = 0
  for (let i = 0; i < px.length; i += 4) {
    if (px[i + 3] < 200) continue
    for (let k = 0; k < 3; k++) sum[k] += px[i + k]
    weight++
  }
  return weight < 200 ? null : sum.map((v) => v / weight) // bald, or hair under a hat: as it is drawn
}

// stand measures a head: where its eyes are, how it leans, how wide and how long its face is.
function stand(points) {
  const l = points.left_pupil, r = points.right_pupil, c = points.chin
  const eyes = Math.hypot(r[0] - l[0], r[1] - l[1]), x = (l[0] + r[0]) / 2, y = (l[1] + r[1]) / 2
  return { x, y, eyes, turn: Math.atan2(r[1] - l[1], r[0] - l[0]), chin: Math.hypot(c[0] - x, c[1] - y) }
}

// oval fills an ellipse around the face with opaque paint that fades out to its edge, in half face widths.
function oval(g, points, [low, inner, outer]) {
  const { x, y, eyes, turn, chin } = stand(points)
  g.save()
  g.translate(x, y)
  g.rotate(turn)
  g.scale(1, chin / eyes * 0.92)
  const glow = g.createRadialGradient(0, low * eyes, inner * eyes, 0, low * eyes, outer * eyes)
  glow.addColorStop(0, '#000')
  glow.addColorStop(1, '#0000')
  g.fillStyle = glow
  g.fillRect(-4 * eyes, -4 * eyes, 8 * eyes, 8 * eyes)
  g.restore()
}

const lower = [0.4, 0.5, 0.74], whole = [0.12, 0.72, 0.96] // the face from the brows down; with its forehead

// flow lets what a picture shows run into its holes: halves of it carry colours twice as far each time.
function flow(known) {
  const steps = [known]
  for (let from = known; Math.max(from.width, from.height) > 2;) {
    const to = sheet(from.width / 2, from.height / 2)
    pen(to).drawImage(from, 0, 0, to.width, to.height)
    steps.push(from = to)
  }
  for (let i = steps.length - 2; i >= 0; i--) {
    const g = pen(steps[i])
    g.globalCompositeOperation = 'destination-over'
    g.imageSmoothingQuality = 'high'
    for (let n = 0; n < 3; n++) g.drawImage(steps[i + 1], 0, 0, steps[i].width, steps[i].height)
    g.globalCompositeOperation = 'source-over'
  }
  return known
}

// around draws a mask in rings about itself.
function around(g, mask, reach, number, { width, height }) {
  for (let a = 0; a < number; a++) g.drawImage(mask, reach * Math.cos(a * 2 * Math.PI / number), reach * Math.sin(a * 2 * Math.PI / number), width, height)
}

// bare is what may lie behind the person's own hair: skin on the forehead, the surroundings elsewhere.
export function bare(photo, mask, points) {
  const k = Math.min(1, 360 / Math.max(photo.width, photo.height)), wide = stand(points).eyes
  const near = Object.fromEntries(Object.entries(points).map(([name, [x, y]]) => [name, [x * k, y * k]]))
  const known = (where, shape) => { // without hair, and with or without the face
    const canvas = sheet(photo.width * k, photo.height * k), g = pen(canvas)
    g.drawImage(photo, 0, 0, canvas.width, canvas.height)
    g.globalCompositeOperation = where
    oval(g, near, shape)
    g.globalCompositeOperation = 'destination-out'
    around(g, mask, Math.max(2, 0.16 * wide * k), 12, canvas)
    g.globalCompositeOperation = 'source-over'
    return flow(canvas)
  }
  const skin = known('destination-in', lower), g = pen(skin)
  g.globalCompositeOperation = 'destination-in'
  oval(g, near, whole)
  const both = known('destination-out', whole)
  pen(both).drawImage(skin, 0, 0)
  const cover = sheet(photo.width, photo.height), q = pen(cover)
  for (const [rim, share] of [[0.14, 0.06], [0.1, 0.12], [0.06, 0.25], [0.03, 0.5]]) { // fading outwards, so that no rim of hair stays
    q.globalAlpha = share
    around(q, mask, rim * wide, 8, cover)
  }
  q.globalAlpha = 1
  q.drawImage(mask, 0, 0, cover.width, cover.height)
  q.globalCompositeOperation = 'source-in'
  q.imageSmoothingQuality = 'high'
  q.drawImage(both, 0, 0, cover.width, cover.height)
  q.globalCompositeOperation = 'destination-out' // the mask may err: eyes and mouth stay as they are
  oval(q, points, lower)
  q.globalCompositeOperation = 'source-over'
  return cover
}

// wig lays drawn hair onto a head: eyes onto eyes, stretched to the length of the face. Without a colour
// that was chosen it has the person's own.
export function wig(g, hair, points, fit) {
  const a = hair.record.anchors, to = stand(points), from = stand(a)
  const wide = to.eyes / from.eyes, high = wide * Math.min(Math.max(to.chin * from.eyes / (from.chin * to.eyes), 0.92), 1.1)
  const picture = sheet(hair.bitmap.width, hair.bitmap.height)
  pen(picture).drawImage(hair.bitmap, 0, 0)
  g.save()
  g.translate(to.x, to.y)
  g.rotate(to.turn)
  g.translate(fit.side / 100 * to.eyes, -fit.rise / 100 * to.eyes)
  g.scale(wide * fit.size / 100, high * fit.size / 100)
  g.rotate(-from.turn)
  g.imageSmoothingQuality = 'high'
  g.shadowColor = '#0006'
  g.shadowBlur = 0.12 * to.eyes
  g.shadowOffsetY = 0.04 * to.eyes
  g.drawImage(dyed(picture, dyes[fit.color] ?? fit.tone), -from.x, -from.y)
  g.restore()
}

// eyes makes the eyes brighter, softly to their edge.
export function eyes(g, points, amount) {
  const { eyes: wide } = stand(points)
  g.save()
  g.globalCompositeOperation = 'overlay'
  for (const [x, y] of [points.left_pupil, points.right_pupil]) {
    const glow = g.createRadialGradient(x, y, 0, x, y, 0.24 * wide)
    glow.addColorStop(0, `rgba(255,255,255,${0.55 * amount})`)
    glow.addColorStop(0.55, `rgba(255,255,255,${0.35 * amount})`)
    glow.addColorStop(1, 'rgba(255,255,255,0)')
    g.fillStyle = glow
    g.fillRect(x - wide, y - wide, 2 * wide, 2 * wide)
  }
  g.restore()
}

// light falls warmly on the face; the edges of the picture go a little darker.
export function light(g, points, amount) {
  const { x, y, eyes: wide } = stand(points), { width, height } = g.canvas
  g.save()
  g.globalCompositeOperation = 'soft-light'
  const glow = g.createRadialGradient(x, y + 0.3 * wide, 0.4 * wide, x, y + 0.3 * wide, 3.2 * wide)
  glow.addColorStop(0, `rgba(255,238,214,${0.85 * amount})`)
  glow.addColorStop(1, 'rgba(255,238,214,0)')
  g.fillStyle = glow
  g.fillRect(0, 0, width, height)
  g.globalCompositeOperation = 'multiply'
  const far = g.createRadialGradient(x, y, 2.2 * wide, x, y, Math.hypot(width, height) * 0.75)
  far.addColorStop(0, 'rgba(40,30,34,0)')
  far.addColorStop(1, `rgba(40,30,34,${0.55 * amount})`)
  g.fillStyle = far
  g.fillRect(0, 0, width, height)
  g.restore()
}

const grain = (frame, { width, height }) => 0.085 * Math.min(width, height) / (frame.record.slices.reduce((a, b) => a + b) / 4)

// opening says how a picture is laid into a frame: smaller, so that the frame covers little of it.
export function opening(frame, canvas) {
  if (!frame) return [1, 0, 0, 1, 0, 0]
  const { width, height } = canvas, [l, t, r, b] = frame.record.slices.map((v) => 0.7 * v * grain(frame, canvas))
  const k = Math.max((width - l - r) / width, (height - t - b) / height)
  return [k, 0, 0, k, l + (width - l - r - k * width) / 2, t + (height - t - b - k * height) / 2]
}

// border draws a frame in nine parts: the corners keep their shape. It returns how far it reaches in.
export function border(g, frame) {
  const { width, height } = g.canvas, { bitmap, record: { slices: [l, t, r, b] } } = frame, k = grain(frame, g.canvas)
  const xs = [0, l, bitmap.width - r, bitmap.width], ys = [0, t, bitmap.height - b, bitmap.height]
  const us = [0, l * k, width - r * k, width].map(Math.round), vs = [0, t * k, height - b * k, height].map(Math.round)
  g.imageSmoothingQuality = 'high'
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      if (i === 1 && j === 1) continue
      const w = xs[i + 1] - xs[i], h = ys[j + 1] - ys[j], long = { w: us[i + 1] - us[i], h: vs[j + 1] - vs[j] }
      const nx = i === 1 ? Math.max(1, Math.round(long.w / (w * k))) : 1, ny = j === 1 ? Math.max(1, Math.round(long.h / (h * k))) : 1
      for (let p = 0; p < nx; p++) {
        for (let q = 0; q < ny; q++) { // whole pixels: no seams
          const x0 = us[i] + Math.round(long.w * p / nx), x1 = us[i] + Math.round(long.w * (p + 1) / nx)
          const y0 = vs[j] + Math.round(long.h * q / ny), y1 = vs[j] + Math.round(long.h * (q + 1) / ny)
          g.drawImage(bitmap, xs[i], ys[j], w, h, x0, y0, x1 - x0, y1 - y0)
        }
      }
    }
  }
  return Math.max(r, b) * k
}

// mark writes that the picture is made by AI, where the frame leaves room.
export function mark(g, text, inset) {
  const { width, height } = g.canvas, size = Math.max(11, Math.round(0.024 * Math.min(width, height)))
  g.save()
  g.font = `600 ${size}px system-ui, sans-serif`
  const w = g.measureText(text).width + 1.2 * size, h = 1.9 * size, x = width - inset - w - 0.6 * size, y = height - inset - h - 0.6 * size
  g.fillStyle = '#000b'
  g.beginPath()
  g.roundRect(x, y, w, h, 0.5 * size)
  g.fill()
  g.fillStyle = '#fff'
  g.textAlign = 'center'
  g.textBaseline = 'middle'
  g.fillText(text, x + w / 2, y + h / 2)
  g.restore()
}

// spots draws what was found, over the picture and never into it.
export function spots(canvas, faces, chosen, place) {
  const g = canvas.getContext('2d'), size = Math.max(2.5, canvas.width / 240)
  g.resetTransform()
  g.clearRect(0, 0, canvas.width, canvas.height)
  g.setTransform(...place)
  faces.forEach((f, i) => {
    g.globalAlpha = i === chosen ? 1 : 0.5
    g.drawImage(f.tint, 0, 0, canvas.width, canvas.height)
    g.lineWidth = size * 0.6
    g.strokeStyle = '#fff'
    g.strokeRect(...f.box)
    for (const [x, y] of Object.values(f.points)) {
      g.beginPath()
      g.arc(x, y, size, 0, 2 * Math.PI)
      g.fillStyle = '#0a58ca'
      g.fill()
      g.stroke()
    }
  })
  g.globalAlpha = 1
}

// tinted is the outline of the hair in one colour, for spots.
export function tinted(mask) {
  const canvas = sheet(mask.width, mask.height), g = pen(canvas)
  g.drawImage(mask, 0, 0)
  g.globalCompositeOperation = 'source-in'
  g.fillStyle = 'rgba(143,184,255,.45)'
  g.fillRect(0, 0, canvas.width, canvas.height)
  return canvas
}
