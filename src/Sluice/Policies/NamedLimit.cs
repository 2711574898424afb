namespace Sluice;

/// <summary>Which calls an entry of <c>limits</c> counts, and what they cost.</summary>
/// <param name="Settings">The entry.</param>
/// <param name="Path">Where the settings hold it.</param>
/// <param name="Filter">The operations.</param>
/// <param name="Callers">The callers; null for all.</param>
internal sealed record NamedLimit(LimitSettings Settings, string Path, OperationFilter Filter, CallerTest? Callers);
