using System.Collections.Immutable;
using System.Runtime.InteropServices;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sluice.Documents;

/// <summary>
/// Reads YAML into nodes with positions. Of YAML it takes what a configuration needs: one document, no anchors, aliases,
/// tags or merge keys, so that nothing can grow while it is read.
/// </summary>
internal sealed class DocumentReader
{
    /// <summary>How deep a document may nest; a configuration needs eight levels.</summary>
    internal const int MaxDepth = 32;

    private readonly SafeParser _parser;
    private readonly FaultList _faults;
    private readonly List<(string? Key, int Index)> _path = [];
    private readonly List<Node> _items = []; // Of the lists that are being read: the innermost ones are last.
    private readonly List<Field> _fields = []; // Likewise, of groups.
    private Substitution? _substitution;
    private int _depth;

    private DocumentReader(TextReader text, IValueSource? values, FaultList faults)
    {
        _parser = new SafeParser(text);
        _substitution = SubstitutionOf(values);
        _faults = faults;
    }

    /// <summary>The root of the document, an empty value when it holds nothing; or null when it cannot be read.</summary>
    /// <param name="text">The document.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <param name="faults">Takes what is wrong.</param>
    internal static Node? Read(string text, IValueSource values, FaultList faults)
    {
        if (!Characters.Check(text, faults))
        {
            return null;
        }

        Node? root = null;
        Guard(
            faults,
            () => root = new DocumentReader(new StringReader(text), values, faults).ReadDocument(),
            index => index >= 0 && index < text.Length ? text[(int)index] : '\0');
        return root;
    }

    /// <summary>The roots of all documents of a text, in their order; those before the first syntax error.</summary>
    /// <param name="text">The documents.</param>
    /// <param name="valuesOf">What <c>${…}</c> refers to in the document of an index; null where the text means itself.</param>
    /// <param name="faults">Takes what is wrong.</param>
    internal static ImmutableArray<Node> ReadAll(string text, Func<int, IValueSource?> valuesOf, FaultList faults)
    {
        ImmutableArray<Node>.Builder roots = ImmutableArray.CreateBuilder<Node>();
        if (Characters.Check(text, faults))
        {
            Guard(
                faults,
                () => new DocumentReader(new StringReader(text), values: null, faults).ReadDocuments(valuesOf, roots.Add),
                index => index >= 0 && index < text.Length ? text[(int)index] : '\0');
        }

        return roots.ToImmutable();
    }

    /// <summary>Reads a document that is a list, entry by entry; what cannot be read becomes a fault.</summary>
    /// <param name="text">The document.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="read">Takes each entry with its path; the entries are not kept.</param>
    internal static void ReadEntries(StreamedText text, IValueSource values, FaultList faults, Action<Node, string> read) => Guard(
        faults, () => new DocumentReader(text, values, faults).ReadEntries(text, read), text.Recent);

    /// <summary>The entry of a list of one, which is a part of a document; null when it is something else, or cannot be read.</summary>
    /// <param name="text">The list.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <param name="faults">Takes what is wrong; places are those in the part.</param>
    internal static Node? ReadEntry(TextReader text, IValueSource values, FaultList faults)
    {
        const int DepthOfServers = 1;
        Node? entry = null;
        Guard(faults, () => entry = new DocumentReader(text, values, faults) { _depth = DepthOfServers }.ReadEntry(), _ => '\0');
        return entry;
    }

    private static void Guard(FaultList faults, Action read, Func<long, char> characterAt)
    {
        try
        {
            read();
        }
        catch (YamlException exception)
        {
            Mark at = exception.Start;
            bool isAtReference = characterAt(at.Index) == '{' && characterAt(at.Index - 1) == '$';
            faults.Add((int)at.Line, (int)at.Column, "", SyntaxAdvice.For(exception.Message, isAtReference));
        }
        catch (UnreadableException)
        {
            // Its fault has been added.
        }
    }

    private void ReadEntries(StreamedText text, Action<Node, string> read)
    {
        int before = _faults.Count;
        int count = 0;
        _parser.Consume<StreamStart>();
        if (!_parser.Accept<StreamEnd>(out StreamEnd? _))
        {
            _parser.Consume<DocumentStart>();
            CheckDecoration(_parser.Current!);
            if (!_parser.TryConsume<SequenceStart>(out _))
            {
                Node root = ReadNode();
                if (root is not ScalarNode { IsNull: true })
                {
                    _faults.Add(root, "", "is not a list of keys. Begin each entry with '- '.");
                }
            }
            else
            {
                count = ReadItems(text, read);
            }

            EndDocument();
        }

        if (count == 0 && _faults.Count == before)
        {
            _faults.Add(0, 0, "", "holds no key. Add an entry, such as '- { user: …, sha256: … }'.");
        }
    }

    private int ReadItems(StreamedText text, Action<Node, string> read)
    {
        int count = 0;
        _depth++;
        for (; !_parser.TryConsume<SequenceEnd>(out _); count++)
        {
            text.BeginEntry();
            _path.Add((null, count));
            read(ReadNode(), $"[{count}]");
            _path.RemoveAt(_path.Count - 1);
        }

        _depth--;
        return count;
    }

    private Node? ReadEntry()
    {
        _parser.Consume<StreamStart>();
        _parser.Consume<DocumentStart>();
        SequenceNode? list = ReadNode() as SequenceNode;
        EndDocument();
        return list is { Items: [Node only] } && _parser.Accept<StreamEnd>(out StreamEnd? _) ? only : null;
    }

    private Node ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out StreamEnd? _))
        {
            return new ScalarNode(1, 1) { Written = "", Value = "", IsPlain = true };
        }

        _parser.Consume<DocumentStart>();
        Node root = ReadNode();
        EndDocument();
        return root;
    }

    private void ReadDocuments(Func<int, IValueSource?> valuesOf, Action<Node> read)
    {
        _parser.Consume<StreamStart>();
        for (int index = 0; !_parser.Accept<StreamEnd>(out StreamEnd? _); index++)
        {
            _substitution = SubstitutionOf(valuesOf(index));
            _parser.Consume<DocumentStart>();
            read(ReadNode());
            _parser.Consume<DocumentEnd>();
        }
    }

    private static Substitution? SubstitutionOf(IValueSource? values) => values is null ? null : new Substitution(values);

    private void EndDocument()
    {
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out _))
        {
            AddFault(_parser.Current!, "a second document begins here. Keep one in a file.");
        }
    }

    private Node ReadNode()
    {
        ParsingEvent current = _parser.Current!;
        if (_depth == MaxDepth)
        {
            AddFault(current, $"is nested deeper than {MaxDepth} levels. No field needs that.");
            throw new UnreadableException();
        }

        CheckDecoration(current);
        _depth++; // Not the length of the path: a key that is no text has none.
        Node node = current switch
        {
            AnchorAlias => ReadAlias(_parser.Consume<AnchorAlias>()),
            Scalar => ReadScalar(_parser.Consume<Scalar>()),
            SequenceStart => ReadSequence(_parser.Consume<SequenceStart>()),
            _ => ReadMapping(_parser.Consume<MappingStart>()),
        };
        _depth--;
        return node;
    }

    private void CheckDecoration(ParsingEvent at)
    {
        string? wrong = at switch
        {
            AnchorAlias => "aliases are not supported. Write the value out.",
            NodeEvent { Anchor.IsEmpty: false } => "anchors are not supported. Remove it, and write the value out where it is needed.",
            NodeEvent { Tag.IsEmpty: false } => "tags are not supported. Remove it.",
            _ => null,
        };
        if (wrong is not null)
        {
            AddFault(at, wrong);
        }
    }

    private static ScalarNode ReadAlias(AnchorAlias alias) =>
        new((int)alias.Start.Line, (int)alias.Start.Column) { Written = "", Value = "", IsPlain = true, IsUnresolved = true };

    private ScalarNode ReadScalar(Scalar scalar)
    {
        ImmutableArray<Range> replaced = [];
        ImmutableArray<string> missing = [];
        string value = _substitution?.Apply(scalar.Value, out replaced, out missing) ?? scalar.Value;
        foreach (string fault in missing)
        {
            AddFault(scalar, fault);
        }

        return new ScalarNode((int)scalar.Start.Line, (int)scalar.Start.Column)
        {
            Written = scalar.Value,
            Value = value,
            IsPlain = scalar.Style == ScalarStyle.Plain,
            Replaced = replaced,
            IsUnresolved = !missing.IsEmpty,
        };
    }

    private SequenceNode ReadSequence(SequenceStart start)
    {
        int first = _items.Count;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            _path.Add((null, _items.Count - first));
            _items.Add(ReadNode());
            _path.RemoveAt(_path.Count - 1);
        }

        return new SequenceNode((int)start.Start.Line, (int)start.Start.Column, TakeFrom(_items, first));
    }

    private MappingNode ReadMapping(MappingStart start)
    {
        int firstField = _fields.Count;
        Dictionary<string, int>? firstLines = null; // Of a large group.
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadKey() is not Scalar key)
            {
                ReadNode();
                continue;
            }

            (int line, int column) = ((int)key.Start.Line, (int)key.Start.Column);
            _path.Add((key.Value, 0));
            int? first = FirstLineOf(key.Value, CollectionsMarshal.AsSpan(_fields)[firstField..], ref firstLines);
            if (first is not null)
            {
                AddFault(key, $"is there twice: first in line {first}. Remove one of the two.");
            }

            Node value = ReadNode();
            _path.RemoveAt(_path.Count - 1);
            if (first is null)
            {
                _fields.Add(new Field(key.Value, line, column, value));
                firstLines?.Add(key.Value, line);
            }
        }

        return new MappingNode((int)start.Start.Line, (int)start.Start.Column, TakeFrom(_fields, firstField))
        {
            IsFlow = start.Style == MappingStyle.Flow,
        };
    }

    private static ImmutableArray<T> TakeFrom<T>(List<T> list, int first)
    {
        ImmutableArray<T> taken = [.. CollectionsMarshal.AsSpan(list)[first..]];
        list.RemoveRange(first, taken.Length);
        return taken;
    }

    /// <summary>The line in which a group already has a key; or null.</summary>
    private static int? FirstLineOf(string key, ReadOnlySpan<Field> fields, ref Dictionary<string, int>? firstLines)
    {
        const int Few = 16;
        if (firstLines is null && fields.Length >= Few)
        {
            firstLines = new(StringComparer.Ordinal);
            foreach (Field field in fields)
            {
                firstLines.Add(field.Name, field.Line);
            }
        }

        if (firstLines is not null)
        {
            return firstLines.TryGetValue(key, out int line) ? line : null;
        }

        foreach (Field field in fields)
        {
            if (field.Name == key)
            {
                return field.Line;
            }
        }

        return null;
    }

    /// <summary>The key of the next field; or null, and a fault, when a field cannot have it.</summary>
    private Scalar? ReadKey()
    {
        if (_parser.Current is not Scalar key)
        {
            AddFault(_parser.Current!, "a key must be text. Write 'name: value'.");
            ReadNode();
            return null;
        }

        CheckDecoration(key);
        _parser.MoveNext();
        bool isPlain = key.Style == ScalarStyle.Plain;
        if (key.Value.Length == 0 || (isPlain && key.Value == "<<"))
        {
            AddFault(key, key.Value.Length == 0
                ? "a key is missing. Write 'name: value'."
                : "merge keys are not supported. Write the fields out.");
            return null;
        }

        return key;
    }

    private void AddFault(ParsingEvent at, string message) =>
        _faults.Add((int)at.Start.Line, (int)at.Start.Column, _faults.IsFull ? "" : RenderPath(), message);

    private string RenderPath() => string.Concat(_path.Select(
        (step, index) => step.Key is not string key ? $"[{step.Index}]" : (index == 0 ? "" : ".") + Shown.Step(key)));
}
