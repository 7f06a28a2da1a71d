/// The bugs that can be planted.
public enum Mutations {
    /// All of them.
    public static let all: [Mutation] = []
}
