import CGit2

extension Repository {
  /// Writes objects as one pack, whole and without deltas; one of them is in memory at a time.
  ///
  /// libgit2's pack builder looks for deltas and takes four times as long; `git gc` finds them later. libgit2 indexes the
  /// stream and syncs it to the disk. Uses `git_odb_write_pack`.
  ///
  /// - Throws: ``GitError`` when the disk refuses.
  func writePack(
    count: Int,
    _ object: (Int) throws(GitError) -> ObjectBatch.Object
  ) throws(GitError) {
    var opened: UnsafeMutablePointer<git_odb_writepack>?
    try check(git_odb_write_pack(&opened, database, nil, nil), "start a pack")
    guard let writer = opened, let append = writer.pointee.append, let commit = writer.pointee.commit else {
      throw GitError(.failed, "libgit2 cannot write packs here")
    }
    defer { writer.pointee.free?(writer) }

    var progress = git_indexer_progress()
    var checksum = SHA1()
    let send = { (bytes: [UInt8]) throws(GitError) in
      checksum.update(bytes)
      try check(append(writer, bytes, bytes.count, &progress), "write a pack")
    }

    var deflater = try Deflater()
    var chunk = Array("PACK".utf8) + bigEndian(2) + bigEndian(UInt32(count))
    for index in 0..<count {
      let object = try object(index)
      appendHeader(of: object, to: &chunk)
      try deflater.append(object.bytes, to: &chunk)
      if chunk.count >= 1 << 18 {
        try send(chunk)
        chunk.removeAll(keepingCapacity: true)
      }
    }
    try send(chunk)
    let trailer = checksum.finish()
    try check(append(writer, trailer, trailer.count, &progress), "write a pack")
    try check(commit(writer, &progress), "finish a pack")
    try check(git_odb_refresh(database), "find the new pack")
  }

  // Three bits of type and four of size in the first byte, seven of size in each that follows.
  private func appendHeader(of object: ObjectBatch.Object, to bytes: inout [UInt8]) {
    var size = object.bytes.count
    var byte = UInt8(truncatingIfNeeded: object.type.rawValue) << 4 | UInt8(size & 15)
    size >>= 4
    while size > 0 {
      bytes.append(byte | 0x80)
      byte = UInt8(size & 0x7f)
      size >>= 7
    }
    bytes.append(byte)
  }

  private func bigEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}

/// A zlib stream that is reset between objects, because making one costs more than a small object.
private struct Deflater: ~Copyable {
  // zlib keeps a pointer back to this, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  init() throws(GitError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // The fastest level: state files are small, and a later `git gc` compresses again anyway.
    guard zlib_shim_deflate_init(stream, 1) == Z_OK else {
      stream.deallocate()
      throw GitError(.failed, "zlib did not start")
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  mutating func append(_ bytes: [UInt8], to output: inout [UInt8]) throws(GitError) {
    deflateReset(stream)
    let bound = Int(deflateBound(stream, UInt(bytes.count)))
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: bound))
    // zlib does not write to its input, but its C type says so.
    let status = bytes.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { buffer in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = buffer.baseAddress?.advanced(by: start)
        stream.pointee.avail_out = UInt32(bound)
        return deflate(stream, Z_FINISH)
      }
    }
    guard status == Z_STREAM_END else { throw GitError(.failed, "zlib could not compress an object") }
    output.removeLast(Int(stream.pointee.avail_out))
  }
}
