namespace Sluice;

/// <summary>What a limit does to a call that exceeds it.</summary>
public enum LimitMode
{
    /// <summary>Rejects it; the default.</summary>
    Enforce = 0,

    /// <summary>Lets it through and reports that it would have been rejected.</summary>
    Permissive = 1,

    /// <summary>Nothing: the limit is not evaluated.</summary>
    Disabled = 2,
}
