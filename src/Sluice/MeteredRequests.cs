namespace Sluice;

/// <summary>Which requests a policy counts.</summary>
public enum MeteredRequests
{
    /// <summary><c>tools/call</c>, <c>prompts/get</c>, <c>resources/read</c>, and the methods that a limit names.</summary>
    Operations = 0,

    /// <summary>
    /// Every request, except those whose rejection breaks clients: <c>initialize</c>, <c>server/discover</c>,
    /// <c>ping</c> and <c>tasks/cancel</c>.
    /// </summary>
    All = 1,

    /// <summary>
    /// <c>tools/call</c>, and the prompts, resources and methods that a limit names. The limits of the server count tools only; a
    /// prompt, resource or method meets no limit but its own.
    /// </summary>
    Tools = 2,
}
