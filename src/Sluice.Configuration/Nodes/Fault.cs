namespace Sluice.Configuration;

/// <summary>One thing that is wrong with a file: where, and what to do about it.</summary>
/// <param name="File">The file, as it was named.</param>
/// <param name="Line">From 1; 0 when the fault is the file's as a whole.</param>
/// <param name="Column">From 1; 0 likewise.</param>
/// <param name="Path">The place in the document, such as <c>servers[0].rateLimiting.tools[1].perUser</c>; empty for the whole.</param>
/// <param name="Message">The value, the rule and the way out. It never holds a secret.</param>
internal sealed record Fault(string File, int Line, int Column, string Path, string Message)
{
    /// <summary><c>file:line:column path: message</c>, without the parts that are missing.</summary>
    public override string ToString() =>
        $"{File}{(Line == 0 ? ":" : $":{Line}:{Column}")} {(Path.Length == 0 ? "" : Path + ": ")}{Message}";
}
