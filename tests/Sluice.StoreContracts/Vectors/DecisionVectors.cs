namespace Sluice.StoreContracts;

/// <summary>Where the file of decision vectors comes from.</summary>
public static class DecisionVectors
{
    /// <summary>The environment variable that names the file to write the vectors to, when they are made.</summary>
    public const string Variable = "SLUICE_WRITE_VECTORS";

    /// <summary>The file's text as the model makes it; written where <see cref="Variable"/> says, if it does.</summary>
    public static async Task<string> Make()
    {
        string text = (await VectorCases.Make()).Write();
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            await File.WriteAllTextAsync(path, text);
        }

        return text;
    }
}
