namespace Sluice.Gateway;

/// <summary>A group of fields of our document, in the order in which they are written.</summary>
internal sealed class OutputGroup
{
    private readonly List<OutputField> _fields = [];

    internal IReadOnlyList<OutputField> Fields => _fields;

    internal void Add(string name, string text, string? comment = null) => AddLine(name, OutputText.Text(text), comment);

    internal void Add(string name, IEnumerable<string> texts, string? comment = null) => AddLine(name, OutputText.Texts(texts), comment);

    internal void Add(string name, int number) => AddLine(name, OutputText.Number(number), comment: null);

    /// <summary>Adds a reference to a variable of the environment, with a value for when it is not set.</summary>
    internal void AddReference(string name, string variable, string otherwise, string comment) =>
        AddLine(name, $"\"${{{variable}:-{otherwise}}}\"", comment);

    /// <summary>Adds one rate, or a list of them.</summary>
    internal void Add(string name, IReadOnlyList<Rate> rates) => AddLine(name, OutputText.Rates(rates), comment: null);

    internal OutputGroup AddGroup(string name, string? comment = null)
    {
        OutputGroup group = new();
        _fields.Add(new OutputField(name, comment) { Group = group });
        return group;
    }

    /// <summary>Adds an entry to a list, which begins with its first entry.</summary>
    internal OutputGroup AddItem(string list)
    {
        OutputGroup item = new();
        if (_fields.Find(field => field.Name == list)?.Items is List<OutputGroup> items)
        {
            items.Add(item);
        }
        else
        {
            _fields.Add(new OutputField(list, Comment: null) { Items = [item] });
        }

        return item;
    }

    private void AddLine(string name, string line, string? comment) => _fields.Add(new OutputField(name, comment) { Line = line });
}
