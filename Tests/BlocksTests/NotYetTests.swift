import Blocks
import Foundation
import Testing

@Suite struct NotYetTests {
  @Test func listIsSortedAndApartFromTheCatalogue() {
    #expect(typesNotYet == Set(typesNotYet).sorted())
    #expect(typesNotYet.filter { Catalogue.standard[$0] != nil } == [])
    #expect(typesNotYet.allSatisfy(isTypeNotYet))
    #expect(!isTypeNotYet("Const") && !isTypeNotYet("") && !isTypeNotYet("zzz") && !isTypeNotYet("abort"))
  }

  /// Where the original's catalogue lies beside the repository, both lists together are all of it.
  @Test func everyTypeOfTheOriginalIsInOneOfTheTwo() throws {
    let file = URL(fileURLWithPath: #filePath).appending(path: "../../../../shared/enuspace/catalogue.json").standardized
    guard let data = try? Data(contentsOf: file) else { return }
    struct Entry: Decodable { let type: String }
    let names = try JSONDecoder().decode([Entry].self, from: data).map(\.type)
    #expect(names.count == 486)
    #expect(names.filter { Catalogue.standard[$0] == nil && !isTypeNotYet($0) } == [])
  }
}
