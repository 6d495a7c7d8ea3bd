/// Series for the first so many names that come from outside, and one for all others together.
///
/// A value of one thread. Looking up the name asked for last is a comparison: like names often come in a row.
struct SeriesPlaces<Series> {
    /// How many names have series of their own.
    let limit: Int
    /// The first stands for all names without a place of their own.
    private(set) var all: [Series]
    private var placeOfName: [String: Int] = [:]
    private var latest = (name: "", place: 0)

    init(limit: Int, others: Series) {
        self.limit = limit
        all = [others]
    }

    subscript(place: Int) -> Series {
        get { all[place] }
        _modify { yield &all[place] }
    }

    /// The place of a name, without giving it one: 0 where it has none.
    func known(_ name: String) -> Int { placeOfName[name] ?? 0 }

    /// The place of a name, with a series of its own while there is room.
    mutating func place(of name: String, make: () -> Series) -> Int {
        if name == latest.name { return latest.place }
        var place = known(name)
        if place == 0, all.count <= limit {
            place = all.count
            all.append(make())
            placeOfName[name] = place
        }
        latest = (name, place)
        return place
    }
}
