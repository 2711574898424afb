namespace Sluice;

/// <summary>Which requests a policy counts.</summary>
public enum MeteringUnit
{
    /// <summary><c>tools/call</c>, <c>prompts/get</c>, <c>resources/read</c>, and the methods that a limit names.</summary>
    Operations = 0,

    /// <summary>
    /// Every request, except those whose refusal breaks clients: <c>initialize</c>, <c>server/discover</c>,
    /// <c>ping</c> and <c>tasks/cancel</c>.
    /// </summary>
    All = 1,
}
