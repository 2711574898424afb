namespace Sluice.Testing;

/// <summary>Says how far a long run is. The output of a test is shown only when it has ended.</summary>
public static class Progress
{
    private static readonly Lock Gate = new();

    /// <summary>Adds a line to the file that <c>SLUICE_PROGRESS</c> names, if it names one. Thread safety: any thread may report.</summary>
    public static void Report(string line)
    {
        if (Environment.GetEnvironmentVariable("SLUICE_PROGRESS") is { Length: > 0 } path)
        {
            lock (Gate)
            {
                File.AppendAllText(path, line + Environment.NewLine);
            }
        }
    }
}
