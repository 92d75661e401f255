import Resources
import Values
import YAML

/// The tables that the binary carries.
enum CarriedTable {
  /// Makes a table from a file of the binary.
  static func load<Table>(
    _ file: String,
    _ make: ([UInt8], String) throws(CatalogueError) -> Table
  ) -> Table {
    do throws(CatalogueError) {
      return try make(Resources.bytes(at: file) ?? [], file)
    } catch {
      // Compiled in and tested: a bad one is a broken build, not a condition to handle.
      preconditionFailure("\(file): \(error)")
    }
  }

  /// The content of a table's text; throws ``CatalogueError`` for text that is not YAML.
  static func content(of bytes: [UInt8], file: String) throws(CatalogueError) -> Value {
    do throws(YAMLError) {
      return try YAML.parse(bytes, file: file).document?.value ?? .null
    } catch {
      throw CatalogueError(at: file, "not YAML: \(error)")
    }
  }
}
