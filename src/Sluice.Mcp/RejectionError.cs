using System.Collections.Immutable;

namespace Sluice.Mcp;

/// <summary>The JSON-RPC error of a rejection.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Message">For people and models; it never names who called.</param>
/// <param name="Data">The fields of <c>error.data</c>, in order: texts, and whole numbers as <see cref="long"/>.</param>
public sealed record RejectionError(int Code, string Message, ImmutableArray<KeyValuePair<string, object>> Data);
