namespace Sluice.EndToEnd;

/// <summary>What the script of a web page could read of an answer.</summary>
/// <param name="Status">The status; 0 where the browser did not let the script read the answer.</param>
/// <param name="Headers">The headers that the browser showed, by their names in lower case.</param>
/// <param name="Body">The body, or the name of the script's error.</param>
internal sealed record PageAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body);
