/// The version of the program, and of the JSON that it writes: `linger --version`, the man page, `"version"`.
let lingerVersion = "0.1.0"
