using System.Diagnostics.CodeAnalysis;

namespace Sluice;

/// <summary>Items that wait for a scarce resource. Callers take turns; the order of arrival does not decide.</summary>
/// <remarks>
/// <para>
/// Each turn serves the oldest item of the next caller. So a hundred items of one caller do not delay the single item of
/// another. A caller that returns after its last item was served goes to the end.
/// </para>
/// <para>Every member but <see cref="ToList"/> takes constant time. Thread safety: none; the owner guards it.</para>
/// </remarks>
/// <typeparam name="TCaller">Who waits.</typeparam>
/// <typeparam name="TItem">What waits.</typeparam>
internal sealed class FairQueue<TCaller, TItem>
    where TCaller : notnull
{
    private readonly Dictionary<TCaller, Line> _lines = [];
    private readonly LinkedList<Line> _turns = [];

    /// <summary>How many items wait.</summary>
    internal int Count { get; private set; }

    /// <summary>Adds an item behind the others of its caller.</summary>
    /// <returns>The place, by which the item can be served or removed.</returns>
    internal Place Enqueue(TCaller caller, TItem item)
    {
        if (!_lines.TryGetValue(caller, out Line? line))
        {
            line = new Line(caller);
            _lines.Add(caller, line);
            line.Turn = _turns.AddLast(line);
        }

        Count++;
        return new Place(line, line.Items.AddLast(item));
    }

    /// <summary>The oldest item of the caller whose turn it is.</summary>
    internal bool TryPeek([MaybeNullWhen(false)] out TItem item)
    {
        item = _turns.First is LinkedListNode<Line> turn ? turn.Value.Items.First!.Value : default;
        return Count > 0;
    }

    /// <summary>All items: callers in turn, and the items of each in their order.</summary>
    internal List<TItem> ToList() => [.. _turns.SelectMany(line => line.Items)];

    /// <summary>Removes an item that has been served: its caller goes to the end.</summary>
    internal void Serve(Place place)
    {
        LinkedListNode<Line> turn = place.Line.Turn!;
        if (Remove(place) && turn.List is not null)
        {
            _turns.Remove(turn);
            _turns.AddLast(turn);
        }
    }

    /// <summary>Removes an item that no longer waits. Its caller keeps its turn.</summary>
    /// <returns>False when it has been served or removed before.</returns>
    internal bool Remove(Place place)
    {
        if (place.Item.List is null)
        {
            return false;
        }

        place.Line.Items.Remove(place.Item);
        Count--;
        if (place.Line.Items.Count == 0)
        {
            _turns.Remove(place.Line.Turn!);
            _lines.Remove(place.Line.Caller);
        }

        return true;
    }

    /// <summary>The place of an item.</summary>
    internal readonly record struct Place(Line Line, LinkedListNode<TItem> Item);

    /// <summary>The items of one caller.</summary>
    internal sealed class Line(TCaller caller)
    {
        internal TCaller Caller => caller;

        internal LinkedList<TItem> Items { get; } = [];

        internal LinkedListNode<Line>? Turn { get; set; }
    }
}
