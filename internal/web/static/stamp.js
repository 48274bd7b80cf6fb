// Writes into a picture file how it was made: XMP with the source type of the IPTC, as the server does
// for its own results.
const xmp = '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"/>' +
  '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'

const bytes = (text) => new TextEncoder().encode(text)

// stamped returns the file with its metadata.
export async function stamped(blob) {
  const file = new Uint8Array(await blob.arrayBuffer())
  return new Blob(blob.type === 'image/png' ? png(file) : jpeg(file), { type: blob.type })
}

function jpeg(file) {
  const body = bytes('http://ns.adobe.com/xap/1.0/\0' + xmp), size = body.length + 2
  return [file.subarray(0, 2), new Uint8Array([0xff, 0xe1, size >> 8, size & 255]), body, file.subarray(2)]
}

// png puts the chunk behind the header, which has 33 bytes with the signature.
function png(file) {
  const body = bytes('iTXtXML:com.adobe.xmp\0\0\0\0\0' + xmp), word = (n) => new Uint8Array([n >>> 24, n >>> 16, n >>> 8, n])
  return [file.subarray(0, 33), word(body.length - 4), body, word(crc(body)), file.subarray(33)]
}

function crc(data) {
  let sum = ~0
  for (const byte of data) {
    sum ^= byte
    for (let i = 0; i < 8; i++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return ~sum
}
