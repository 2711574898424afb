using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sluice.Documents;

/// <summary>A YAML parser that rejects a document by one type of exception, which always has a position.</summary>
/// <remarks>
/// YamlDotNet 18.1 answers some documents with exceptions that do not say where: <c>a: { x[ns: 100, b: c }</c> and a second line with an
/// <see cref="InvalidOperationException"/> of its scanner. For the author of the document they are syntax errors like any other.
/// </remarks>
internal sealed class SafeParser : IParser
{
    private readonly Scanner _scanner;
    private readonly Parser _parser;

    internal SafeParser(TextReader text)
    {
        _scanner = new Scanner(text);
        _parser = new Parser(_scanner);
    }

    /// <inheritdoc/>
    public ParsingEvent? Current => _parser.Current;

    /// <inheritdoc/>
    /// <exception cref="YamlException">The document is not YAML.</exception>
    public bool MoveNext()
    {
        WorkPace.Step();
        try
        {
            return _parser.MoveNext();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException
            or FormatException or OverflowException)
        {
            Mark at = _scanner.CurrentPosition;
            throw new YamlException(at, at, "it cannot be read here", exception);
        }
    }
}
