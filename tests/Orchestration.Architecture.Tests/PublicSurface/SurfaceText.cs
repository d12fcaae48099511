using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orchestration.Architecture.Tests.PublicSurface;

/// <summary>
/// What others can see of an assembly as text sorted by names: a line for each public type and, indented below it, one for each member
/// (constructors first). What the compiler adds to every record is left out.
/// </summary>
internal static class SurfaceText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IReadOnlyList<string> Of(IEnumerable<Type> types) =>
    [
        .. types.Where(IsVisible)
            .OrderBy(TypeText.FullName, StringComparer.Ordinal)
            .SelectMany(type => Members(type).Select(member => "  " + member).Prepend(Heading(type))),
    ];

    private static bool IsVisible(Type type) => type.IsNested
        ? (type.IsNestedPublic || (IsInherited(type) && !type.DeclaringType!.IsSealed)) && IsVisible(type.DeclaringType!)
        : type.IsPublic;

    private static bool IsInherited(Type type) => type.IsNestedFamily || type.IsNestedFamORAssem;

    private static bool IsVisible(MethodBase? method) => method is not null
        && (method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed));

    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static bool IsRecord(Type type) => type.GetMethods(Declared)
        .Any(method => method.Name is "<Clone>$" || (method.Name is "PrintMembers" && type.IsValueType && IsGenerated(method)));

    private static string Heading(Type type)
    {
        if (type.IsSubclassOf(typeof(MulticastDelegate)))
        {
            var invoke = type.GetMethod("Invoke")!;
            return $"delegate {Result(invoke)} {TypeText.FullName(type)}{Parameters(invoke)}";
        }

        var words = new List<string>();
        if (type.IsDefined(typeof(FlagsAttribute))) words.Add("[Flags]");
        if (type.IsClass) words.Add(type switch { { IsAbstract: true, IsSealed: true } => "static", { IsAbstract: true } => "abstract", { IsSealed: true } => "sealed", _ => "" });
        if (type.IsValueType && type.IsDefined(typeof(IsReadOnlyAttribute))) words.Add("readonly");
        if (type.IsByRefLike) words.Add("ref");
        if (IsRecord(type)) words.Add("record");
        words.Add(type switch { { IsInterface: true } => "interface", { IsEnum: true } => "enum", { IsValueType: true } => "struct", _ => "class" });
        words.Add(TypeText.FullName(type));

        var bases = new List<string>();
        if (type.IsEnum) bases.Add(TypeText.Of(Enum.GetUnderlyingType(type)));
        else bases.AddRange(Bases(type));
        return string.Join(' ', words.Where(word => word.Length > 0))
            + (bases.Count > 0 ? " : " + string.Join(", ", bases) : "") + Constraints(type.GetGenericArguments());
    }

    private static IEnumerable<string> Bases(Type type)
    {
        if (type.IsClass && type.BaseType is { } parent && parent != typeof(object)) yield return TypeText.Of(parent);
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var own = type.GetInterfaces();
        foreach (var name in own.Except(inherited)
            .Where(one => IsVisible(one) && !own.Any(other => other != one && other.GetInterfaces().Contains(one)))
            .Where(one => !(IsRecord(type) && one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IEquatable<>)))
            .Select(one => TypeText.Of(one)).Order(StringComparer.Ordinal))
        {
            yield return name;
        }
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsSubclassOf(typeof(MulticastDelegate))) return [];
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .OrderBy(field => Convert.ToDecimal(field.GetRawConstantValue(), CultureInfo.InvariantCulture)).ThenBy(field => field.Name, StringComparer.Ordinal)
                .Select(field => $"{field.Name} = {field.GetRawConstantValue()}");
        }

        return type.GetMembers(Declared).Where(member => !IsGenerated(member))
            .Select(member => (member.Name, Text: Member(type, member)))
            .Where(member => member.Text is not null)
            .OrderBy(member => member.Name, StringComparer.Ordinal).ThenBy(member => member.Text, StringComparer.Ordinal)
            .Select(member => member.Text!);
    }

    /// <summary>The line of a member; null where others do not see it, or where another line speaks of it.</summary>
    private static string? Member(Type type, MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } one when IsVisible(one) => Access(one) + type.Name.Split('`')[0] + Parameters(one),
        MethodInfo one when IsVisible(one) && !IsAccessor(one) => Method(one),
        PropertyInfo one when (IsVisible(one.GetMethod) || IsVisible(one.SetMethod)) && !(IsRecord(type) && one.Name == "EqualityContract") => Property(one),
        FieldInfo one when one.IsPublic || ((one.IsFamily || one.IsFamilyOrAssembly) && !type.IsSealed) => Field(one),
        EventInfo one when IsVisible(one.AddMethod) =>
            $"{Modifiers(one.AddMethod!)}event {TypeText.Of(one.EventHandlerType!, new NullabilityInfoContext().Create(one))} {one.Name}",
        _ => null,
    };

    private static bool IsAccessor(MethodInfo method) => method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method)
    {
        var kind = method switch
        {
            { IsStatic: true, IsAbstract: true } => "static abstract ",
            { IsStatic: true, IsVirtual: true } => "static virtual ",
            { IsStatic: true } => "static ",
            { DeclaringType.IsInterface: true, IsAbstract: false } => "virtual ",
            { DeclaringType.IsInterface: true } => "",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true } when method.GetBaseDefinition() != method => method.IsFinal ? "sealed override " : "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
        return Access(method) + kind;
    }

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(one => one.Name))}>" : "";
        return $"{Modifiers(method)}{Result(method)} {method.Name}{generic}{Parameters(method)}"
            + (method.IsGenericMethodDefinition ? Constraints(method.GetGenericArguments()) : "");
    }

    private static string Result(MethodInfo method) =>
        (method.ReturnType.IsByRef ? "ref " : "") + TypeText.Of(method.ReturnType, new NullabilityInfoContext().Create(method.ReturnParameter));

    private static string Property(PropertyInfo property)
    {
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        var accessor = IsVisible(property.GetMethod) ? property.GetMethod! : property.SetMethod!;
        var get = IsVisible(property.GetMethod) ? "get; " : "";
        var set = "";
        if (IsVisible(property.SetMethod))
        {
            var isInit = property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            set = (property.SetMethod.IsPublic == accessor.IsPublic ? "" : "protected ") + (isInit ? "init; " : "set; ");
        }

        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var byReference = property.PropertyType.IsByRef ? "ref " : "";
        return $"{Modifiers(accessor)}{required}{byReference}{TypeText.Of(property.PropertyType, new NullabilityInfoContext().Create(property))} {name} {{ {get}{set}}}";
    }

    private static string Field(FieldInfo field)
    {
        var access = field.IsPublic ? "" : "protected ";
        var type = TypeText.Of(field.FieldType, new NullabilityInfoContext().Create(field));
        if (field.IsLiteral) return $"{access}const {type} {field.Name} = {ValueText.Of(field.GetRawConstantValue(), field.FieldType)}";
        return $"{access}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return $"({extension}{string.Join(", ", method.GetParameters().Select(Parameter))})";
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var words = parameter switch
        {
            { IsOut: true, ParameterType.IsByRef: true } => "out ",
            { IsIn: true, ParameterType.IsByRef: true } => "in ",
            { ParameterType.IsByRef: true } => "ref ",
            _ when parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) => "params ",
            _ => "",
        };
        var value = parameter.HasDefaultValue ? " = " + ValueText.Of(parameter.RawDefaultValue, parameter.ParameterType) : "";
        return $"{words}{TypeText.Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter))} {parameter.Name}{value}";
    }

    private static string Constraints(IEnumerable<Type> arguments)
    {
        var texts = new List<string>();
        foreach (var argument in arguments.Where(one => one.IsGenericParameter))
        {
            var flags = argument.GenericParameterAttributes;
            var isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            var parts = new List<string>();
            if (isStruct) parts.Add("struct");
            if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint)) parts.Add("class");
            parts.AddRange(argument.GetGenericParameterConstraints().Where(one => one != typeof(ValueType)).Select(one => TypeText.Of(one)));
            if (!isStruct && flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint)) parts.Add("new()");
            if (parts.Count > 0) texts.Add($" where {argument.Name} : {string.Join(", ", parts)}");
        }

        return string.Concat(texts);
    }
}
