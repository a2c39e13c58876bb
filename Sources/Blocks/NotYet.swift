public func isTypeNotYet(_ name: String) -> Bool { false }
