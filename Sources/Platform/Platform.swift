private import Glibc
package import SystemPackage

/// The few system calls that need C pointers and that neither FoundationEssentials nor swift-system offers.
package enum Platform {
  /// Ports on 127.0.0.1 that nothing listens on, all different.
  ///
  /// Another process can take one before the caller binds it; a caller must be ready to ask again.
  ///
  /// - Throws: The error of the system call that failed.
  package static func freeLoopbackPorts(_ count: Int) throws(Errno) -> [Int] {
    var sockets: [Int32] = []
    // They stay open until all are known, so that no port is given twice.
    defer { for socket in sockets { _ = close(socket) } }
    var ports: [Int] = []
    for _ in 0..<count {
      let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard socket >= 0 else { throw Errno(rawValue: errno) }
      sockets.append(socket)
      ports.append(try bindToLoopback(socket))
    }
    return ports
  }

  /// Binds a socket to a port of the kernel's choice, and returns that port.
  private static func bindToLoopback(_ socket: Int32) throws(Errno) -> Int {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(socket, generic, length) == 0 ? getsockname(socket, generic, &length) : -1
      }
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// What tells this program's file from any other that was built before or after: inode, size and time.
  ///
  /// `nil` where the system does not say.
  package static var executableIdentity: String? {
    var status = stat()
    guard stat("/proc/self/exe", &status) == 0 else { return nil }
    return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  /// Waits, where nothing but time helps.
  package static func pause(milliseconds: Int) {
    usleep(UInt32(milliseconds) * 1_000)
  }
}
