using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Sluice.Testing;

/// <summary>What an object keeps in memory, with everything that only it refers to and that others refer to as well.</summary>
/// <remarks>
/// Exact, whatever other threads allocate: the size of each object is what a copy of it allocates on this thread. Not for objects with
/// finalizers, which would run for the copies.
/// </remarks>
public static class RetainedBytes
{
    private static readonly Func<object, object> Copy =
        typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!.CreateDelegate<Func<object, object>>();

    private static readonly MethodInfo HasReferences = typeof(RuntimeHelpers).GetMethod(nameof(RuntimeHelpers.IsReferenceOrContainsReferences))!;
    private static readonly ConcurrentDictionary<Type, bool> HoldsReferences = new();
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> References = new();

    /// <summary>The bytes of an object and of all objects that it refers to, however indirectly, each counted once.</summary>
    public static long Of(object root)
    {
        HashSet<object> found = new(ReferenceEqualityComparer.Instance) { root };
        Stack<object> left = new([root]);
        long bytes = 0;
        while (left.TryPop(out object? next))
        {
            bytes += SizeOf(next);
            Visit(next);
        }

        return bytes;

        void Visit(object holder)
        {
            if (holder is Array array)
            {
                Type type = array.GetType().GetElementType()!;
                foreach (object? element in MayRefer(type) ? array : Array.Empty<object>())
                {
                    Note(element, type.IsValueType);
                }

                return;
            }

            foreach (FieldInfo field in References.GetOrAdd(holder.GetType(), FieldsOf))
            {
                Note(field.GetValue(holder), field.FieldType.IsValueType);
            }
        }

        void Note(object? value, bool isInHolder)
        {
            if (value is null or Type)
            {
                return;
            }

            if (isInHolder)
            {
                Visit(value);
            }
            else if (found.Add(value))
            {
                left.Push(value);
            }
        }
    }

    private static long SizeOf(object value)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = value is string text ? new string(text.AsSpan()) : Copy(value); // The runtime's copy of a string is too short.
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static FieldInfo[] FieldsOf(Type type)
    {
        const BindingFlags OwnFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        List<FieldInfo> fields = [];
        for (Type? declaring = type; declaring is not null; declaring = declaring.BaseType)
        {
            fields.AddRange(declaring.GetFields(OwnFields).Where(field => MayRefer(field.FieldType)));
        }

        return [.. fields];
    }

    private static bool MayRefer(Type type) =>
        !type.IsPointer && HoldsReferences.GetOrAdd(type, static of => (bool)HasReferences.MakeGenericMethod(of).Invoke(null, null)!);
}
