/// Gives names that come from outside their series: the first names get one each, and all others share one.
///
/// A value for one thread. Equal names often come in a row, so a repeated look-up is only a comparison.
struct SeriesPlaces<Series> {
    /// The most names that have a series of their own.
    let limit: Int
    /// The series by place; place 0 is for all names without one of their own.
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

    /// The place of a name, or 0 if it has none. No place is given.
    func known(_ name: String) -> Int { placeOfName[name] ?? 0 }

    /// The place of a name. A new name gets a series of its own while there is room.
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
