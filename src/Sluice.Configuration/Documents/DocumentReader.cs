using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sluice.Configuration.Documents;

/// <summary>Reads YAML into nodes with positions. Of YAML it takes what a configuration needs: no anchors, aliases, tags or merge keys.</summary>
internal sealed class DocumentReader
{
    private const int MaxDepth = 32;
    private readonly Parser _parser;
    private readonly FaultList _faults;

    private DocumentReader(string text, FaultList faults)
    {
        _parser = new Parser(new StringReader(text));
        _faults = faults;
    }

    /// <summary>The root of the one document, or null when there is none to speak of.</summary>
    internal static Node? Read(string text, FaultList faults)
    {
        try
        {
            return new DocumentReader(text, faults).ReadDocument();
        }
        catch (YamlException exception)
        {
            faults.Add((int)exception.Start.Line, (int)exception.Start.Column, "", $"is not valid YAML: {Sentence(exception.Message)}");
            return null;
        }
        catch (UnreadableException)
        {
            return null;
        }
    }

    private static string Sentence(string message) => message.EndsWith('.') ? message : message + ".";

    private Node? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out StreamEnd? end))
        {
            _faults.Add(1, 1, "", "is empty. Begin with 'servers:'.");
            return null;
        }

        _parser.Consume<DocumentStart>();
        Node root = ReadNode("", 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out DocumentStart? second))
        {
            _faults.Add((int)second.Start.Line, (int)second.Start.Column, "", "a second document begins here. Keep one per file.");
        }

        return root;
    }

    private Node ReadNode(string path, int depth)
    {
        ParsingEvent current = _parser.Current!;
        (int line, int column) = ((int)current.Start.Line, (int)current.Start.Column);
        if (depth > MaxDepth)
        {
            _faults.Add(line, column, path, $"is nested deeper than {MaxDepth} levels.");
            throw new UnreadableException();
        }

        if (current is AnchorAlias)
        {
            _faults.Add(line, column, path, "is an alias, and aliases are not supported. Write the value out.");
            _parser.MoveNext();
            return new ScalarNode(line, column, "", "", IsPlain: true);
        }

        CheckDecoration((NodeEvent)current, path);
        return current switch
        {
            Scalar => ReadScalar(_parser.Consume<Scalar>(), path),
            SequenceStart => ReadSequence(path, depth, line, column),
            _ => ReadMapping(path, depth, line, column),
        };
    }

    private void CheckDecoration(NodeEvent node, string path)
    {
        if (!node.Anchor.IsEmpty)
        {
            _faults.Add((int)node.Start.Line, (int)node.Start.Column, path, "has an anchor, and anchors are not supported. Remove it.");
        }

        if (!node.Tag.IsEmpty)
        {
            _faults.Add((int)node.Start.Line, (int)node.Start.Column, path, "has a tag, and tags are not supported. Remove it.");
        }
    }

    private ScalarNode ReadScalar(Scalar scalar, string path)
    {
        (int line, int column) = ((int)scalar.Start.Line, (int)scalar.Start.Column);
        string value = Substitution.Apply(scalar.Value, out string? fault);
        if (fault is not null)
        {
            _faults.Add(line, column, path, fault);
        }

        return new ScalarNode(line, column, scalar.Value, value, scalar.Style == ScalarStyle.Plain);
    }

    private SequenceNode ReadSequence(string path, int depth, int line, int column)
    {
        _parser.Consume<SequenceStart>();
        ImmutableArray<Node>.Builder items = ImmutableArray.CreateBuilder<Node>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode($"{path}[{items.Count}]", depth + 1));
        }

        return new SequenceNode(line, column, items.ToImmutable());
    }

    private MappingNode ReadMapping(string path, int depth, int line, int column)
    {
        _parser.Consume<MappingStart>();
        Dictionary<string, Field> byName = new(StringComparer.Ordinal);
        ImmutableArray<Field>.Builder fields = ImmutableArray.CreateBuilder<Field>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (_parser.Current is not Scalar key)
            {
                _faults.Add((int)_parser.Current!.Start.Line, (int)_parser.Current.Start.Column, path, "has a key that is not text.");
                throw new UnreadableException();
            }

            _parser.MoveNext();
            string fieldPath = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            Field field = new(key.Value, (int)key.Start.Line, (int)key.Start.Column, ReadNode(fieldPath, depth + 1));
            if (byName.TryAdd(field.Name, field))
            {
                fields.Add(field);
            }
            else
            {
                _faults.Add(field, fieldPath, $"stands twice: first in line {byName[field.Name].Line}. Remove one of the two.");
            }
        }

        return new MappingNode(line, column, fields.ToImmutable());
    }

    /// <summary>The document cannot be read on; its fault has been added.</summary>
    private sealed class UnreadableException : Exception;
}
