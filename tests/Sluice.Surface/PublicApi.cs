using System.Reflection;

namespace Sluice.Surface;

/// <summary>Writes the public members of an assembly, one a line: what a caller's code can depend on.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static IEnumerable<string> Of(Assembly assembly) => assembly.GetExportedTypes()
        .OrderBy(type => type.FullName, StringComparer.Ordinal)
        .SelectMany(type => Members(type).Order(StringComparer.Ordinal).Prepend(TypeNames.Declaration(type)));

    private static IEnumerable<string> Members(Type type)
    {
        string owner = TypeNames.Of(type);
        if (type.IsSubclassOf(typeof(Delegate)))
        {
            return [];
        }

        return type.GetMembers(Declared)
            .Where(member => !IsGenerated(member))
            .Select(member => member switch
            {
                FieldInfo field when IsVisible(field) => $"{owner}.{Field(field)}",
                PropertyInfo property when property.GetAccessors(true).Any(IsVisible) => $"{owner}.{Property(property)}",
                ConstructorInfo constructor when IsVisible(constructor) => $"{owner}.{type.Name.Split('`')[0]}({Parameters(constructor)})",
                MethodInfo { IsSpecialName: false } method when IsVisible(method) => $"{owner}.{Method(method)}",
                MethodInfo { IsSpecialName: true, Name: ['o', 'p', '_', ..] } method when IsVisible(method) => $"{owner}.{Method(method)}",
                _ => null,
            })
            .OfType<string>();
    }

    // What the compiler writes for records is said by the word record.
    private static bool IsGenerated(MemberInfo member) =>
        member.GetCustomAttributesData().Any(data => data.AttributeType.Name == "CompilerGeneratedAttribute")
        && member is not PropertyInfo;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static string Field(FieldInfo field)
    {
        if (field.DeclaringType!.IsEnum)
        {
            return field.IsStatic ? $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), null)}" : "value";
        }

        string kind = field.IsLiteral ? "const " : field.IsStatic ? "static " : "";
        string value = field.IsLiteral ? $" = {TypeNames.Value(field.GetRawConstantValue())}" : "";
        return $"{field.Name}: {kind}{(field.IsInitOnly ? "readonly " : "")}{TypeNames.Of(new NullabilityInfoContext().Create(field))}{value}";
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo accessor = property.GetAccessors(true)[0];
        string parameters = property.GetIndexParameters() is { Length: > 0 } index ? $"[{string.Join(", ", index.Select(Parameter))}]" : "";
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers()
            .Any(modifier => modifier.Name == "IsExternalInit") == true;
        string required = property.GetCustomAttributesData().Any(data => data.AttributeType.Name == "RequiredMemberAttribute") ? "required " : "";
        string accessors = (property.GetMethod is MethodInfo get && IsVisible(get) ? "get; " : "")
            + (property.SetMethod is MethodInfo set && IsVisible(set) ? isInit ? "init; " : "set; " : "");
        return $"{property.Name}{parameters}: {required}{(accessor.IsStatic ? "static " : "")}"
            + $"{TypeNames.Of(new NullabilityInfoContext().Create(property))} {{ {accessors}}}";
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethodDefinition ? TypeNames.Generic(method.GetGenericArguments()) : "";
        string kind = method.IsStatic ? "static " : method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract " : "";
        string family = method.IsPublic ? "" : "protected ";
        return $"{method.Name}{generic}({Parameters(method)}): {family}{kind}"
            + TypeNames.Of(new NullabilityInfoContext().Create(method.ReturnParameter))
            + (method.IsGenericMethodDefinition ? TypeNames.Constraints(method.GetGenericArguments()) : "");
    }

    private static string Parameters(MethodBase method)
    {
        bool isExtension = method.GetCustomAttributesData().Any(data => data.AttributeType.Name == "ExtensionAttribute");
        return (isExtension ? "this " : "") + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        string kind = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        bool isStruct = parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null;
        string value = !parameter.HasDefaultValue ? ""
            : parameter.DefaultValue is null && isStruct ? " = default"
            : $" = {TypeNames.Value(parameter.DefaultValue)}";
        return $"{kind}{TypeNames.Of(new NullabilityInfoContext().Create(parameter))} {parameter.Name}{value}";
    }
}
