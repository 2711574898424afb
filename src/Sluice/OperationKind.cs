namespace Sluice;

/// <summary>What a limit is on.</summary>
/// <remarks>The order of the members is the order in which limits of one scope are evaluated and reported.</remarks>
public enum OperationKind
{
    /// <summary>The whole server: every metered call.</summary>
    Server = 0,

    /// <summary>A JSON-RPC method, by name.</summary>
    Method = 1,

    /// <summary>A tool, by the name in <c>tools/call</c>.</summary>
    Tool = 2,

    /// <summary>A prompt, by the name in <c>prompts/get</c>.</summary>
    Prompt = 3,

    /// <summary>A resource, by the URI in <c>resources/read</c>.</summary>
    Resource = 4,

    /// <summary>A server behind a virtual server, by its name: every metered call that goes to it.</summary>
    Backend = 5,
}
