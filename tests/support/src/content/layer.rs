//! Layers: a tar of one file, gzipped without compression, made by hand so that the bytes never change.

use super::digest;

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    tar: Vec<u8>,
}

const BLOCK: usize = 512;

impl Layer {
    /// A layer with one file.
    pub fn file(name: &str, content: &[u8]) -> Self {
        let mut tar = header(name, content.len());
        tar.extend(content);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
        // Two blocks of zeroes end an archive.
        tar.resize(tar.len() + 2 * BLOCK, 0);
        Self { tar }
    }

    /// A layer of about that many bytes, different for every `seed`.
    pub fn of_size(seed: u8, bytes: usize) -> Self {
        Self::file(&format!("data-{seed}"), &vec![seed; bytes])
    }

    /// The digest of the uncompressed tar, as an image configuration lists it.
    pub fn diff_id(&self) -> String {
        digest(&self.tar)
    }

    /// The blob: gzip (RFC 1952) around stored deflate blocks (RFC 1951, 3.2.4).
    pub fn gzip(&self) -> Vec<u8> {
        let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        let mut pieces = self.tar.chunks(usize::from(u16::MAX)).peekable();
        while let Some(piece) = pieces.next() {
            let length = u16::try_from(piece.len()).expect("a piece of at most 65535 bytes");
            out.push(u8::from(pieces.peek().is_none()));
            out.extend(length.to_le_bytes());
            out.extend((!length).to_le_bytes());
            out.extend(piece);
        }
        out.extend(crc32(&self.tar).to_le_bytes());
        let size = u32::try_from(self.tar.len()).expect("a layer under 4 GiB");
        out.extend(size.to_le_bytes());
        out
    }
}

/// A ustar header of a regular file, mode 0644, root, at the epoch.
fn header(name: &str, size: usize) -> Vec<u8> {
    let mut block = vec![0_u8; BLOCK];
    let mut put =
        |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    let sum = format!("{sum:06o}\0 ");
    block[148..156].copy_from_slice(sum.as_bytes());
    block
}

/// CRC-32 as gzip uses it (polynomial 0xEDB88320, reflected).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_is_the_one_of_the_standard_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_layer_is_whole_blocks_and_two_empty_ones() {
        let layer = Layer::file("a", b"hello");
        assert_eq!(layer.tar.len(), 4 * BLOCK);
        assert_eq!(&layer.tar[BLOCK..BLOCK + 5], b"hello");
    }
}
