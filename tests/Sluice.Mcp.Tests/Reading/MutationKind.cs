namespace Sluice.Mcp.Tests;

/// <summary>What a mutation does to a body.</summary>
internal enum MutationKind
{
    /// <summary>Writes another byte over one.</summary>
    Write,

    /// <summary>Gives a letter the other case.</summary>
    ChangeCase,

    /// <summary>Removes some bytes.</summary>
    Remove,

    /// <summary>Repeats some bytes.</summary>
    Copy,

    /// <summary>Inserts a text anywhere.</summary>
    Insert,

    /// <summary>Inserts a text where a key may begin.</summary>
    InsertAtKey,

    /// <summary>Replaces the end of the body by the end of another message.</summary>
    Splice,
}
