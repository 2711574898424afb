using System.Globalization;
using System.Reflection;

namespace Sluice.Surface;

/// <summary>Spells types as C# does, with what may be null.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Words = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(char)] = "char",
    };

    internal static string Declaration(Type type)
    {
        bool isRecord = type.GetMethod("<Clone>$", BindingFlags.Public | BindingFlags.Instance) is not null
            || (type.IsValueType && type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null);
        string kind = type.IsInterface ? "interface" : type.IsEnum ? "enum"
            : type.IsSubclassOf(typeof(Delegate)) ? "delegate"
            : (IsReadOnly(type) ? "readonly " : type is { IsAbstract: true, IsSealed: true } ? "static "
                : type.IsAbstract ? "abstract " : type is { IsSealed: true, IsValueType: false } ? "sealed " : "")
                + (isRecord ? "record " : "") + (type.IsValueType ? "struct" : "class");
        string[] bases =
        [
            .. type.BaseType is Type parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum)
                ? Enumerable.Repeat(Of(parent), 1)
                : [],
            .. type.GetInterfaces().Where(_ => !type.IsEnum && !isRecord).Select(Of).Order(StringComparer.Ordinal),
        ];
        string generic = type.IsGenericTypeDefinition ? Constraints(type.GetGenericArguments()) : "";
        return $"{kind} {Of(type)}{(bases.Length > 0 ? " : " + string.Join(", ", bases) : "")}{generic}";
    }

    internal static string Of(Type type)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Of(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is Type value)
        {
            return Of(value) + "?";
        }

        if (Words.TryGetValue(type, out string? word))
        {
            return word;
        }

        string name = type.IsGenericParameter ? type.Name
            : type.IsNested ? $"{Of(type.DeclaringType!)}.{type.Name}"
            : $"{type.Namespace}.{type.Name}";
        return type.IsGenericType ? name.Split('`')[0] + Generic(type.GetGenericArguments()) : name;
    }

    internal static string Of(NullabilityInfo info)
    {
        Type type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        bool isNull = info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable;
        string name = info.ElementType is NullabilityInfo element ? Of(element) + "[]"
            : info.GenericTypeArguments.Length > 0 && Nullable.GetUnderlyingType(type) is null
                ? Of(type).Split('<')[0] + $"<{string.Join(", ", info.GenericTypeArguments.Select(Of))}>"
            : Of(type);
        return isNull && !name.EndsWith('?') ? name + "?" : name;
    }

    internal static string Generic(Type[] arguments) => $"<{string.Join(", ", arguments.Select(Of))}>";

    internal static string Constraints(Type[] arguments) => string.Concat(arguments.Select(argument =>
    {
        string[] constraints =
        [
            .. Enumerable.Repeat(
                "class", argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? 1 : 0),
            .. argument.GetGenericParameterConstraints().Select(Of),
        ];
        return constraints.Length > 0 ? $" where {argument.Name} : {string.Join(", ", constraints)}" : "";
    }));

    internal static string Value(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        _ => string.Format(CultureInfo.InvariantCulture, "{0}", value),
    };

    private static bool IsReadOnly(Type type) =>
        type.IsValueType && type.GetCustomAttributesData().Any(data => data.AttributeType.Name == "IsReadOnlyAttribute");
}
