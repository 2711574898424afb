namespace Sluice.Documents;

/// <summary>What a virtual server does with names that several of its backends have.</summary>
internal enum NameConflicts
{
    /// <summary>
    /// Every tool and prompt is advertised as <c>{server}_{name}</c>. A URI that is taken gets the prefix <c>sluice+{server}:</c>.
    /// </summary>
    Prefix,

    /// <summary>Names stay as they are. The first backend in the list that has a name wins; the others' are hidden.</summary>
    Priority,

    /// <summary>
    /// Names stay as they are, and no two backends are meant to have the same. Where they do, the later one is hidden, with an error in the
    /// log.
    /// </summary>
    Error,
}
