namespace Sluice.Redis;

/// <summary>Why Redis did not decide.</summary>
internal enum RedisFaultKind
{
    /// <summary>None of the others.</summary>
    Other = 0,

    /// <summary>No answer in time.</summary>
    Timeout = 1,

    /// <summary>No connection.</summary>
    Connection = 2,

    /// <summary>The user or the password was rejected.</summary>
    Auth = 3,

    /// <summary>The server cannot write: it is out of memory, a read-only replica, loading, or its cluster is down.</summary>
    Unwritable = 4,

    /// <summary>The script failed on a key: of another type, or not written by this version.</summary>
    Script = 5,

    /// <summary>The server rejects a command that the script needs, until its operator allows it.</summary>
    Refused = 6,
}
