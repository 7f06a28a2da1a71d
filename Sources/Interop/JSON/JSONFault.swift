/// What is wrong with text that is not JSON that we take. Its words name the kind alone and quote nothing of the text, so that
/// whoever sent it may be told, and logs may keep it.
public enum JSONFault: String, Sendable, CaseIterable {
    /// There is nothing but blanks.
    case empty = "is empty"
    /// It ends within a value.
    case unfinished = "ends before its value does"
    /// Something follows the value.
    case trailing = "goes on after its value"
    /// A byte that is none of UTF-8: a stray one, half a character, a surrogate, a longer form than need be.
    case notUTF8 = "holds a byte that is not UTF-8"
    /// A control character in a string that is not escaped, such as a line's end; a vertical tab or a form feed anywhere.
    case controlCharacter = "holds a control character, which may stand in strings alone, and escaped"
    /// A backslash in a string before what cannot follow it.
    case escape = "holds an escape in a string that JSON does not know"
    /// An escape of a half of a UTF-16 pair without the other.
    case loneSurrogate = "holds an escape of half a character (a lone surrogate)"
    /// The same name twice in one object, by its bytes after escapes.
    case repeatedName = "has one name twice in an object"
    /// A name that holds NUL.
    case nulInName = "holds NUL in a name"
    /// A whole number beyond 64 bits, or any other that is too large for a double.
    case numberOutOfRange = "holds a number out of range: whole ones have 64 bits, others are finite"
    /// Anything else that the grammar does not have: a comma too many, a comment, single quotation marks, NaN, 01.
    case grammar = "has something here that JSON's grammar does not allow"
}

extension JSONError: CustomStringConvertible {
    /// What is wrong and where, of the text that it follows: `is not strict JSON (line 1, column 8): is empty`. Nothing of the
    /// text is in it.
    public var description: String {
        switch self {
        case .malformed(let fault, let line, let column):
            "is not strict JSON (line \(line), column \(column)): it \(fault.rawValue)"
        case .tooDeep(let levelsMax): "is nested deeper than \(levelsMax) levels"
        }
    }
}
