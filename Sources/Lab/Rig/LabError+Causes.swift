internal import Kernel

/// Calls of the kernel or of the endpoint in user space; what fails becomes an error of the lab.
func attempt<Value>(_ body: () throws -> Value) throws(LabError) -> Value {
    do {
        return try body()
    } catch let error as LabError {
        throw error
    } catch let error as KernelError {
        throw LabError(error)
    } catch {
        throw LabError("the endpoint in user space refused a call: \(error)", next: "")
    }
}
