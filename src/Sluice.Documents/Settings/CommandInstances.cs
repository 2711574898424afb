namespace Sluice.Documents;

/// <summary>How many processes of a command serve its clients.</summary>
internal enum CommandInstances
{
    /// <summary>One for each session, so that no client sees another's state.</summary>
    PerSession = 0,

    /// <summary>One for all sessions.</summary>
    Shared = 1,
}
