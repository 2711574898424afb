namespace Sluice.Gateway;

/// <summary>Asks a person for values on a terminal, each until it is valid.</summary>
/// <param name="input">What the person types.</param>
/// <param name="output">Where the questions are written.</param>
internal sealed class Questions(TextReader input, TextWriter output)
{
    /// <summary>Asks for one value.</summary>
    /// <param name="question">The question.</param>
    /// <param name="defaultAnswer">What an empty line means; null when an empty line is no answer.</param>
    /// <param name="findError">Returns what is wrong with an answer, or null.</param>
    /// <returns>A valid answer, trimmed; null when the input has ended.</returns>
    internal string? Ask(string question, string? defaultAnswer, Func<string, string?> findError)
    {
        while (true)
        {
            output.Write(defaultAnswer is null ? $"{question}: " : $"{question} [{defaultAnswer}]: ");
            output.Flush();
            if (input.ReadLine() is not string line)
            {
                output.WriteLine();
                return null;
            }

            string typed = line.Trim();
            string answer = typed.Length == 0 && defaultAnswer is not null ? defaultAnswer : typed;
            if (findError(answer) is not string error)
            {
                return answer;
            }

            output.WriteLine($"  {error}");
        }
    }
}
