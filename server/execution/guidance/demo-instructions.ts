import type { LocalText, StepDefinition } from "./guidance.contract.ts";

function say(en: string, es: string, de: string, ar: string): LocalText {
  return { en, es, de, ar };
}

interface DemoInstruction {
  readonly code: string;
  readonly title: LocalText;
  readonly steps: readonly StepDefinition[];
}

/** The demo's instructions in its four languages. `hold` scales how long a live value must hold, from real ms. */
export function demoInstructions(hold: (ms: number) => number): readonly DemoInstruction[] {
  return [
    {
      code: "clear-cooling",
      title: say(
        "Clear the cooling circuit",
        "Limpiar el circuito de refrigeración",
        "Kühlkreislauf freimachen",
        "تنظيف دارة التبريد",
      ),
      steps: [
        {
          kind: "info",
          title: say(
            "Go to the cooling manifold",
            "Vaya al colector de refrigeración",
            "Zum Kühlwasserverteiler gehen",
            "اذهب إلى مجمّع التبريد",
          ),
          text: say(
            "It is behind the press, blue hoses. Wear gloves: the return line is hot.",
            "Está detrás de la prensa, mangueras azules. Use guantes: el retorno está caliente.",
            "Er ist hinter der Presse, blaue Schläuche. Handschuhe tragen: der Rücklauf ist heiß.",
            "يقع خلف المكبس عند الخراطيم الزرقاء. ارتدِ القفازات: خط الرجوع ساخن.",
          ),
        },
        {
          kind: "check",
          title: say("Flush the filter", "Purgue el filtro", "Filter spülen", "اغسل المرشّح"),
          text: say(
            "Close the inlet valve, open the flush valve for ten seconds, close it, open the inlet again.",
            "Cierre la válvula de entrada, abra la de purga diez segundos, ciérrela y abra de nuevo la entrada.",
            "Zulauf schließen, Spülventil zehn Sekunden öffnen, schließen, Zulauf wieder öffnen.",
            "أغلق صمام الدخول، وافتح صمام الغسل عشر ثوانٍ ثم أغلقه، وافتح الدخول من جديد.",
          ),
        },
        {
          kind: "live_bound",
          title: say(
            "Wait for the flow",
            "Espere el caudal",
            "Auf den Durchfluss warten",
            "انتظر عودة التدفق",
          ),
          text: say(
            "The cooling water must flow at more than 10.5 l/min again. This step passes by itself.",
            "El agua debe volver a pasar de 10,5 l/min. Este paso se completa solo.",
            "Das Kühlwasser muss wieder mit mehr als 10,5 l/min fließen. Dieser Schritt erledigt sich selbst.",
            "يجب أن يتجاوز تدفق ماء التبريد 10.5 لتر/دقيقة. تكتمل هذه الخطوة وحدها.",
          ),
          metric: "CoolingFlow",
          op: ">",
          value: 10.5,
          holdMs: hold(60_000),
        },
        {
          kind: "check",
          title: say("Look for leaks", "Busque fugas", "Auf Lecks prüfen", "تحقق من عدم وجود تسرب"),
          text: say(
            "All couplings dry? Close the cover of the manifold.",
            "¿Todas las conexiones secas? Cierre la tapa del colector.",
            "Alle Kupplungen trocken? Deckel des Verteilers schließen.",
            "هل كل الوصلات جافة؟ أغلق غطاء المجمّع.",
          ),
        },
      ],
    },
    {
      code: "find-slowdown",
      title: say(
        "Find what slows the machine",
        "Encontrar qué frena la máquina",
        "Finden, was die Maschine bremst",
        "معرفة سبب بطء الآلة",
      ),
      steps: [
        {
          kind: "check",
          title: say("Listen and look", "Escuche y mire", "Hören und schauen", "أصغِ وانظر"),
          text: say(
            "From outside the guard: unusual noise, a part that sticks, something in the way?",
            "Desde fuera de la protección: ¿ruido raro, una pieza atascada, algo que estorba?",
            "Von außerhalb der Schutztür: ungewohntes Geräusch, ein Teil klemmt, etwas im Weg?",
            "من خارج الحاجز: هل تسمع صوتًا غريبًا أو ترى قطعة عالقة أو عائقًا؟",
          ),
        },
        {
          kind: "reading",
          title: say(
            "Read the oil temperature",
            "Lea la temperatura del aceite",
            "Öltemperatur ablesen",
            "اقرأ حرارة الزيت",
          ),
          text: say(
            "At the gauge of the hydraulic unit.",
            "En el indicador de la unidad hidráulica.",
            "Am Anzeiger des Hydraulikaggregats.",
            "من مقياس الوحدة الهيدروليكية.",
          ),
          unit: "°C",
          min: 10,
          max: 90,
        },
        {
          kind: "check",
          title: say(
            "Tell maintenance",
            "Avise a mantenimiento",
            "Instandhaltung informieren",
            "أبلغ الصيانة",
          ),
          text: say(
            "Tell them what you saw and the oil temperature. Do not open the guard for this.",
            "Cuente lo que vio y la temperatura del aceite. No abra la protección para esto.",
            "Sagen, was Sie gesehen haben, und die Öltemperatur. Dafür die Schutztür nicht öffnen.",
            "أخبرهم بما رأيت وبحرارة الزيت. لا تفتح الحاجز لهذا الغرض.",
          ),
        },
      ],
    },
    refill({
      code: "refill-granulate",
      title: say("Refill granulate", "Rellenar granulado", "Granulat nachfüllen", "إعادة تعبئة الحبيبات"),
      take: say(
        "Take the material that the job names. Compare the lot on the sack with the screen.",
        "Tome el material que indica el trabajo. Compare el lote del saco con la pantalla.",
        "Das Material nehmen, das der Auftrag nennt. Charge auf dem Sack mit dem Bildschirm vergleichen.",
        "خذ المادة المذكورة في المهمة. قارن رقم الدفعة على الكيس بالشاشة.",
      ),
      wait: say(
        "The hopper must hold more than 20 kg. This step passes by itself.",
        "La tolva debe tener más de 20 kg. Este paso se completa solo.",
        "Im Trichter müssen mehr als 20 kg sein. Dieser Schritt erledigt sich selbst.",
        "يجب أن يزيد ما في القمع على 20 كغ. تكتمل هذه الخطوة وحدها.",
      ),
      value: 20,
      holdMs: hold(10_000),
    }),
    refill({
      code: "change-film",
      title: say(
        "Change the film reel",
        "Cambiar la bobina de film",
        "Folienrolle wechseln",
        "تبديل بكرة الغشاء",
      ),
      take: say(
        "Take a full reel of the film that the job names.",
        "Tome una bobina llena del film que indica el trabajo.",
        "Eine volle Rolle der Folie nehmen, die der Auftrag nennt.",
        "خذ بكرة ممتلئة من الغشاء المذكور في المهمة.",
      ),
      wait: say(
        "The reel must hold more than 200 m. This step passes by itself.",
        "La bobina debe tener más de 200 m. Este paso se completa solo.",
        "Auf der Rolle müssen mehr als 200 m sein. Dieser Schritt erledigt sich selbst.",
        "يجب أن يزيد طول الغشاء على 200 م. تكتمل هذه الخطوة وحدها.",
      ),
      value: 200,
      holdMs: hold(10_000),
    }),
    {
      code: "restart-after-stop",
      title: say(
        "Start again after the edge asked for a stop",
        "Arrancar tras una parada solicitada",
        "Nach angefordertem Halt wieder starten",
        "إعادة التشغيل بعد طلب التوقف",
      ),
      steps: [
        {
          kind: "info",
          title: say(
            "Leave the machine stopped",
            "Deje la máquina parada",
            "Maschine stehen lassen",
            "اترك الآلة متوقفة",
          ),
          text: say(
            "The melt was too hot, so a controlled stop was requested. Call maintenance.",
            "La masa estaba demasiado caliente y se solicitó una parada controlada. Llame a mantenimiento.",
            "Die Schmelze war zu heiß, darum wurde ein geregelter Halt angefordert. Instandhaltung rufen.",
            "كان المصهور شديد السخونة فطُلب توقف متحكَّم به. اتصل بالصيانة.",
          ),
        },
        {
          kind: "live_bound",
          title: say("Let it cool", "Deje que se enfríe", "Abkühlen lassen", "دعها تبرد"),
          text: say(
            "The melt must be below 250 °C. This step passes by itself.",
            "La masa debe bajar de 250 °C. Este paso se completa solo.",
            "Die Schmelze muss unter 250 °C sein. Dieser Schritt erledigt sich selbst.",
            "يجب أن تنخفض حرارة المصهور دون 250 °م. تكتمل هذه الخطوة وحدها.",
          ),
          metric: "MeltTemperature",
          op: "<",
          value: 250,
          holdMs: hold(60_000),
        },
        {
          kind: "check",
          title: say(
            "Maintenance has released it",
            "Mantenimiento la ha liberado",
            "Instandhaltung hat freigegeben",
            "سمحت الصيانة بالتشغيل",
          ),
          text: say(
            "Start at the machine's own panel, not from here.",
            "Arranque desde el panel de la máquina, no desde aquí.",
            "Am Bedienpult der Maschine starten, nicht von hier.",
            "شغّلها من لوحة الآلة نفسها وليس من هنا.",
          ),
        },
      ],
    },
  ];
}

function refill(p: {
  code: string;
  title: LocalText;
  take: LocalText;
  wait: LocalText;
  value: number;
  holdMs: number;
}): DemoInstruction {
  return {
    code: p.code,
    title: p.title,
    steps: [
      {
        kind: "check",
        title: say("Fetch the material", "Traiga el material", "Material holen", "أحضر المادة"),
        text: p.take,
      },
      {
        kind: "live_bound",
        title: say("Fill up", "Rellene", "Auffüllen", "املأ"),
        text: p.wait,
        metric: "Material",
        op: ">",
        value: p.value,
        holdMs: p.holdMs,
      },
      {
        kind: "check",
        title: say("Tidy up", "Recoja", "Aufräumen", "رتّب المكان"),
        text: say(
          "Bring back what is left and put the empty packaging away.",
          "Devuelva lo que sobra y retire el envase vacío.",
          "Reste zurückbringen und leere Verpackung wegräumen.",
          "أعد ما تبقى وأبعد العبوات الفارغة.",
        ),
      },
    ],
  };
}
