using System.Globalization;
using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>Whether processes live that the tests did not start themselves.</summary>
internal static class Processes
{
    /// <summary>The process whose number a tool gave as its text.</summary>
    internal static int IdIn(string answer) => int.Parse(
        JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!,
        CultureInfo.InvariantCulture);

    internal static bool IsRunning(int processId)
    {
        try
        {
            // The state follows the name. A process that was not waited for yet (Z) has ended too.
            return File.ReadAllText($"/proc/{processId}/stat").Split(") ")[^1][0] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    internal static async Task GoneAsync(int processId)
    {
        using CancellationTokenSource late = new(Eventually.Patience);
        while (IsRunning(processId))
        {
            await Task.Delay(20, late.Token);
        }
    }
}
