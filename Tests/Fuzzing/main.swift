import Glibc

// Fuzzing TARGET [libFuzzer's arguments] runs one target; "list" names all, "seeds TARGET FOLDER DICTIONARY" writes what to
// begin with. `make fuzz` does all of it.

/// The driver of libFuzzer, which parses its own arguments and ends the process.
@_silgen_name("LLVMFuzzerRunDriver")
func LLVMFuzzerRunDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

// A C callback can hold no context, so that the chosen target is a global; libFuzzer calls from one thread.
nonisolated(unsafe) var chosen: Target?

let arguments = CommandLine.arguments
let all = Target.all
switch arguments.dropFirst().first {
case "list":
  for target in all { print(target.name) }
case "seeds" where arguments.count == 5:
  guard let target = all.first(where: { $0.name == arguments[2] }) else { fatalError("no such target") }
  for (index, seed) in target.seeds.enumerated() { write(seed, to: "\(arguments[3])/seed-\(index)") }
  write(Array(target.dictionary.utf8), to: arguments[4])
case let name?:
  guard let target = all.first(where: { $0.name == name }) else { fatalError("no such target") }
  chosen = target
  // libFuzzer sees its own arguments alone.
  var count = CommandLine.argc - 1
  var pointer = CommandLine.unsafeArgv + 1
  pointer[0] = CommandLine.unsafeArgv[0]
  exit(
    LLVMFuzzerRunDriver(&count, &pointer) { bytes, length in
      chosen?.run(Array(UnsafeBufferPointer(start: bytes, count: length)))
      return 0
    }
  )
case nil:
  fatalError("name a target")
}

func write(_ bytes: [UInt8], to path: String) {
  guard let file = fopen(path, "w") else { fatalError("cannot write \(path)") }
  fwrite(bytes, 1, bytes.count, file)
  fclose(file)
}
